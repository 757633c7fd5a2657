/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernel versions; Kbuild probes for each XDB_HAVE_*. */
#ifndef XDB_COMPAT_H
#define XDB_COMPAT_H

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#ifdef XDB_HAVE_BARE_IMPORT_NS
#define XDB_IMPORT_DMA_BUF() MODULE_IMPORT_NS(DMA_BUF)
#else
#define XDB_IMPORT_DMA_BUF() MODULE_IMPORT_NS("DMA_BUF")
#endif

#ifndef kzalloc_obj
#define kzalloc_obj(object, gfp) kzalloc(sizeof(object), gfp)
#define kmalloc_obj(object, gfp) kmalloc(sizeof(object), gfp)
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

/*
 * DMA operations of a device that cannot map single pages.  The DMA layer would
 * call a NULL pointer, so there is a function that always fails.
 */
#ifdef XDB_HAVE_DMA_MAP_PAGE
#define XDB_MAP_NO_PAGE \
	.map_page = xdb_map_no_page, .unmap_page = xdb_unmap_no_page

static inline dma_addr_t xdb_map_no_page(struct device *dev, struct page *page,
					 unsigned long offset, size_t size,
					 enum dma_data_direction dir,
					 unsigned long attrs)
{
	return DMA_MAPPING_ERROR;
}
#else
#define XDB_MAP_NO_PAGE \
	.map_phys = xdb_map_no_page, .unmap_phys = xdb_unmap_no_page

static inline dma_addr_t xdb_map_no_page(struct device *dev, phys_addr_t phys,
					 size_t size,
					 enum dma_data_direction dir,
					 unsigned long attrs)
{
	return DMA_MAPPING_ERROR;
}
#endif

static inline void xdb_unmap_no_page(struct device *dev, dma_addr_t addr,
				     size_t size, enum dma_data_direction dir,
				     unsigned long attrs)
{
}

/* Whether an importer can be told to let go. */
static inline bool xdb_can_let_go(struct dma_buf_attachment *attach)
{
#if defined(XDB_HAVE_ATTACH_REVOCABLE)
	return dma_buf_attach_revocable(attach);
#elif defined(XDB_HAVE_MOVE_NOTIFY)
	return attach->importer_ops;
#else
	return attach->importer_ops &&
	       attach->importer_ops->invalidate_mappings;
#endif
}

/* Whether an importer that has pinned can still be told to let go. */
static inline bool xdb_pinned_can_let_go(void)
{
#ifdef XDB_HAVE_ATTACH_REVOCABLE
	return true;
#else
	return false;
#endif
}

/* Whether the dma-buf core pins for dynamic importers without being asked. */
static inline bool xdb_core_pins(void)
{
#ifdef XDB_HAVE_MOVE_NOTIFY
	return !IS_ENABLED(CONFIG_DMABUF_MOVE_NOTIFY);
#else
	return false;
#endif
}

/* Whether an IOMMU of this kernel translates the device's addresses. */
static inline bool xdb_iommu_translates(struct device *dev)
{
#ifdef CONFIG_IOMMU_API
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && domain->type & __IOMMU_DOMAIN_PAGING;
#else
	return false;
#endif
}

/*
 * Tell one importer, which xdb_can_let_go(), to let go.  The dma-buf's
 * reservation is held.  The dma-buf core's function tells all of them, however
 * often they were told, and on older kernels also those that have pinned.
 */
static inline void xdb_notify_importer(struct dma_buf_attachment *attach)
{
#ifdef XDB_HAVE_MOVE_NOTIFY
	attach->importer_ops->move_notify(attach);
#else
	attach->importer_ops->invalidate_mappings(attach);
#endif
}

#endif
