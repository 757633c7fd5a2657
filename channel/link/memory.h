/* SPDX-License-Identifier: GPL-2.0-only */
/* dma-bufs over the pages of a program's memory, so that they can be granted.
 *
 * A dma-buf has the pages that the memory had when it was made.  Whether the program
 * has others since then, common/pages.h tells.
 */
#ifndef XCH_LINK_MEMORY_H
#define XCH_LINK_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "link/made.h"

struct xch_memory;

struct xch_memory_maker {
	int udmabuf; /* XDC_UDMABUF_PATH */
	int pagemap; /* /proc/self/pagemap */
	struct xch_made made; /* those that programs have asked for */
	uint64_t max; /* bytes of one dma-buf */
	/* a dma-buf over a part of @memfd, or a negative errno value */
	int (*make)(const struct xch_memory_maker *m, int memfd,
		    uint64_t offset, uint64_t size);
};

/**
 * xch_memory_maker_init - with files of the two, which stay the caller's, and @m->made
 * @max: bytes of one dma-buf, udmabuf's size_limit_mb
 */
void xch_memory_maker_init(struct xch_memory_maker *m, int udmabuf, int pagemap,
			   uint64_t max);
/**
 * xch_memory_make - a dma-buf over all of @memfd, which is sealed against shrinking
 * @size: bytes of @memfd, which grows to whole pages
 * @out: tells later whether the pages are still the same
 *
 * Return: the dma-buf.  EPERM: it cannot be sealed, or is sealed against writing.  Or
 * another error of udmabuf.
 */
int xch_memory_make(const struct xch_memory_maker *m, int memfd, uint64_t size,
		    struct xch_memory **out);
/**
 * xch_memory_export - a dma-buf over a part of @memfd, which is sealed against shrinking
 *
 * Its pages are those that @memfd has now.  Return: the dma-buf.  EPERM: it cannot be
 * sealed, or is sealed against writing, or ends within the last page and is sealed
 * against growing.  EINVAL: not whole pages of a memfd.  EFBIG:
 * larger than one may be.  Or another error of udmabuf.
 */
int xch_memory_export(const struct xch_memory_maker *m, int memfd,
		      uint64_t offset, uint64_t size);
/** xch_memory_intact - false also if that cannot be told */
bool xch_memory_intact(const struct xch_memory *memory);
/** xch_memory_free - ignores NULL; the dma-buf is another matter */
void xch_memory_free(struct xch_memory *memory);

#endif
