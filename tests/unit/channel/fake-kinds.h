/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors that pass for dma-bufs and fences: this machine need not have such.
 *
 * A test links with --wrap for ioctl, xch_fence_idle, xch_fence_signalled and
 * xch_kind_look.
 */
#ifndef XCH_UNIT_FAKE_KINDS_H
#define XCH_UNIT_FAKE_KINDS_H

#include "link/kind.h"

/* What every descriptor passes for; XCH_KINDS: for what it is */
extern enum xch_kind fake_kind;
/* The status of every sync_file: 1: signalled; 0: not yet; or an error */
extern int fake_status;
/* What is written to every dma-buf; -1: nothing is */
extern int fake_writers;
/* A device reads every dma-buf */
extern bool fake_readers;

/** fake_kinds_reset - as at the beginning */
void fake_kinds_reset(void);

#endif
