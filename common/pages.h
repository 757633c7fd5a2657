/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether part of a memfd still has the pages that it had.
 *
 * Who has made a dma-buf of a program's memory has the pages of that moment.  If the
 * program punches holes, or truncates, its memory has other pages afterwards, and the
 * dma-buf has not.  So the memory is mapped here, too: Linux takes a page that is removed
 * from a file out of every mapping, and /proc/self/pagemap tells that it is not present
 * any more.  The content is never looked at.
 */
#ifndef XDC_PAGES_H
#define XDC_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XDC_PAGE 4096U

/* All zeros: nothing is watched */
struct xdc_pages {
	int pagemap; /* /proc/self/pagemap; the caller's */
	void *at;
	size_t size;
};

/**
 * xdc_pages_watch - from now on; call it before the dma-buf is made
 * @pagemap: /proc/self/pagemap, open for reading
 * @offset, @size: bytes, in whole pages
 *
 * Allocates pages that the file has not yet.
 *
 * Return: 0 or a negative errno value.
 */
int xdc_pages_watch(struct xdc_pages *p, int pagemap, int memfd,
		    uint64_t offset, uint64_t size);
/**
 * xdc_pages_intact - no page was taken away
 *
 * False also where that cannot be told, and, rarely, though none was.
 */
bool xdc_pages_intact(const struct xdc_pages *p);
/** xdc_pages_forget - may be called again */
void xdc_pages_forget(struct xdc_pages *p);

#endif
