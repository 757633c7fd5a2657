/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernel versions; Kbuild probes for each XDB_HAVE_*. */
#ifndef XDB_COMPAT_H
#define XDB_COMPAT_H

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poison.h>
#include <linux/rcupdate.h>
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

/*
 * A new reference on a dma-buf's file, or NULL if it is closed, or may be.  The
 * caller keeps the dma-buf's memory.  That of its file may be freed: a dma-buf
 * outlives its file while its directory entry is in use, as by an O_PATH
 * descriptor of /proc/self/fd/N.
 *
 * The release of the file begins with taking the dma-buf off the core's list.
 * If that is yet to come, RCU keeps the file's memory a file.  It may become
 * another file, which has another private_data.
 */
static inline struct file *xdb_get_dma_buf_file(struct dma_buf *dmabuf)
{
	struct file *file = NULL;
#ifdef XDB_HAVE_DMA_BUF_LIST
	struct list_head *next;

	rcu_read_lock();
	next = READ_ONCE(dmabuf->list_node.next);
	if (next && next != LIST_POISON1) {
#ifdef XDB_HAVE_GET_FILE_ACTIVE
		file = get_file_active(&dmabuf->file);
#else
		if (get_file_rcu(dmabuf->file))
			file = dmabuf->file;
#endif
	}
	rcu_read_unlock();
	if (file && file->private_data != dmabuf) {
		fput(file);
		file = NULL;
	}
#endif
	return file;
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
