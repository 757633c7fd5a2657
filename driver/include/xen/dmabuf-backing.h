/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page frames that a device can address, without memory, to map foreign pages
 * into.
 *
 * Foreign pages are mapped into page frames of this domain.  In an
 * auto-translated domain, these frames are the addresses that a device sees.
 * The DMA API allocates them for a given address width, contiguous if
 * requested.  Their memory is returned to Xen, and taken back before the frames
 * are freed.
 */
#ifndef _XEN_DMABUF_BACKING_H
#define _XEN_DMABUF_BACKING_H

#include <linux/types.h>

struct page;
struct xen_dmabuf_backing;

bool xen_dmabuf_backing_offered(void);
struct xen_dmabuf_backing *xen_dmabuf_backing_alloc(unsigned int nr_pages,
						    unsigned int dma_bits,
						    bool contiguous);
struct page **xen_dmabuf_backing_pages(struct xen_dmabuf_backing *backing);
void xen_dmabuf_backing_free(struct xen_dmabuf_backing *backing);

#endif
