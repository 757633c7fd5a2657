// SPDX-License-Identifier: GPL-2.0-only
/*
 * Symbols that the extension needs from a kernel configured for it.  The benchmarks
 * never request DMA memory, so they are not called.
 */
#include <linux/errno.h>

#include <xen/grant_table.h>

int gnttab_dma_alloc_pages(struct gnttab_dma_alloc_args *args)
{
	return -ENODEV;
}

int gnttab_dma_free_pages(struct gnttab_dma_alloc_args *args)
{
	return -ENODEV;
}
