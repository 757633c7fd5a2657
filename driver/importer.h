/* SPDX-License-Identifier: GPL-2.0-only */
/* The device that GRANT attaches to a dma-buf to learn its pages. */
#ifndef XDB_IMPORTER_H
#define XDB_IMPORTER_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/scatterlist.h>

struct device;

/*
 * This bit marks the DMA addresses that the importer device gives out.  They
 * are physical addresses of the pages themselves.  An address without it was
 * made for another device; on PV it may be that of a bounce buffer, and
 * granting it would share the wrong page.
 */
#define XDB_OWN_ADDRESS BIT_ULL(62)

/* sg_next() for an entry that is not the last; inline, as it runs often. */
static inline struct scatterlist *xdb_next_sg(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

int xdb_importer_init(void);
void xdb_importer_exit(void);
struct device *xdb_importer_device(void);

#endif
