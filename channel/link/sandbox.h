/* SPDX-License-Identifier: GPL-2.0-only */
/* What the worker may still do once it reads what a peer says. */
#ifndef XCH_LINK_SANDBOX_H
#define XCH_LINK_SANDBOX_H

/**
 * xch_sandbox_enter - no capability, no file system, few system calls; for good
 *
 * The process keeps the descriptors that it has, and any other system call kills
 * it.  A negative errno value: it is not in the sandbox, and must not go on.
 */
int xch_sandbox_enter(void);

#endif
