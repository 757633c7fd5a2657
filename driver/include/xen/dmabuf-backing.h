/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that a device can address, without memory behind them.
 *
 * Foreign pages are mapped over page frames of one's own.  Which frames these
 * are decides, in an auto-translated domain, what addresses a device sees.
 * These are allocated by the DMA API for a given address width, contiguous if
 * need be; their memory is given back to Xen, and taken again before the frames
 * go back to the kernel.
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
