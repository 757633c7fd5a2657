/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDL_DUMB_H
#define XDL_DUMB_H

#include <stdbool.h>
#include <stddef.h>

/* @size: whole pages.  The dma-buf or -errno */
int xdl_dumb_alloc(size_t size);

/*
 * Whether a process that touches a dumb buffer would hang.  Dumb buffers are
 * mapped write-combined.  Xen refuses such mappings to a PV domain without
 * hardware, and Linux then retries the page fault for ever.
 */
bool xdl_dumb_untouchable(void);

#endif
