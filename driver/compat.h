/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernels; XDB_HAVE_* are Kbuild's compile probes. */
#ifndef XDB_COMPAT_H
#define XDB_COMPAT_H

#include <linux/dma-buf.h>
#include <linux/mm.h>
#include <linux/module.h>

#ifdef XDB_HAVE_BARE_IMPORT_NS
#define XDB_IMPORT_DMA_BUF() MODULE_IMPORT_NS(DMA_BUF)
#else
#define XDB_IMPORT_DMA_BUF() MODULE_IMPORT_NS("DMA_BUF")
#endif

static inline void xdb_vm_flags(struct vm_area_struct *vma, unsigned long set,
				unsigned long clear)
{
#ifdef XDB_HAVE_VM_FLAGS_SET
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

/* Whether an importer can be told to let go. */
static inline bool xdb_can_let_go(struct dma_buf_attachment *attach)
{
#ifdef XDB_HAVE_MOVE_NOTIFY
	return attach->importer_ops;
#else
	return attach->importer_ops &&
	       attach->importer_ops->invalidate_mappings;
#endif
}

/* With the reservation held: importers that can, let go. */
static inline void xdb_invalidate_mappings(struct dma_buf *dmabuf)
{
#ifdef XDB_HAVE_MOVE_NOTIFY
	dma_buf_move_notify(dmabuf);
#else
	dma_buf_invalidate_mappings(dmabuf);
#endif
}

#endif
