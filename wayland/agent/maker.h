/* SPDX-License-Identifier: GPL-2.0-only */
/* Who makes a dma-buf of a program's memory.
 *
 * On one machine the kernel's udmabuf does.  Between domains the daemon of the channel
 * does it for the agent, which then needs no access to the device.
 */
#ifndef XWL_AGENT_MAKER_H
#define XWL_AGENT_MAKER_H

#include <stdint.h>

struct xwl_maker {
	/*
	 * A dma-buf over the pages that @memfd has now; @offset and @size are whole
	 * pages.  @memfd is sealed against shrinking, and grows to their end, when the
	 * dma-buf is about to be made, and stays so if that fails.  A negative errno
	 * value: EOPNOTSUPP: it can make none at all.  EFBIG: only smaller ones.
	 * EDQUOT: not so many.
	 */
	int (*make)(struct xwl_maker *m, int memfd, uint64_t offset,
		    uint64_t size);
	int pagemap; /* /proc/self/pagemap; -1: there is none */
};

/* By /dev/udmabuf */
struct xwl_udmabuf {
	struct xwl_maker maker;
	int device; /* -1: there is none, or this user may not open it */
	uint64_t max; /* bytes of one dma-buf */
};

/** xwl_udmabuf_open - always succeeds; without the device it can make no dma-buf */
void xwl_udmabuf_open(struct xwl_udmabuf *u);
void xwl_udmabuf_close(struct xwl_udmabuf *u);

#endif
