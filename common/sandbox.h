/* SPDX-License-Identifier: GPL-2.0-only */
/* A process that has its memory and its descriptors, and reaches nothing else. */
#ifndef XDC_SANDBOX_H
#define XDC_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

/* What a process needs beside memory, sockets that it has, clocks and the loop */
struct xdc_sandbox {
	const int *calls; /* SCMP_SYS() of each system call */
	size_t nr_calls;
	const uint32_t *ioctls; /* requests */
	size_t nr_ioctls;
};

/**
 * xdc_sandbox_enter - no capability, no file system, few system calls; for good
 *
 * Any other system call kills the process (SIGSYS).  It leaves no core dump, and
 * debuggers of the same user cannot look into it.  Threads that run already are not
 * confined: there must be none.
 *
 * Return: 0, or a negative errno value; it is not in the sandbox then, and must not go
 * on.
 */
int xdc_sandbox_enter(const struct xdc_sandbox *needs);

#endif
