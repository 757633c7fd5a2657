// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the extension wants of a kernel that was configured for it.  Nobody asks
 * it for DMA memory here.
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
