// SPDX-License-Identifier: GPL-2.0-only
/*
 * xdb_importer: attaches to dma-bufs and maps them as several kinds of drivers do,
 * as user space commands.  Each open file is a device of its own.
 */
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_device.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "xdb_device.h"
#include "xdb_importer.h"

/**
 * struct importer - an open file
 * @lock: all below but @sgt and @told
 * @device: that it imports for
 * @dmabuf: attached, with a reference
 * @attach: see @dmabuf
 * @kind: XDB_IMPORTER_*
 * @dir: of @sgt
 * @sgt: the mapping; under the dma-buf's reservation
 * @told: see @sgt
 * @boundary: no segment may cross a multiple of it; 0: the default
 * @pins: how often it has pinned the dma-buf
 * @work: not signalled yet, or NULL
 * @vmap: dma-buf's; NULL if there is none
 */
struct importer {
	struct mutex lock;
	struct platform_device *device;
	struct dma_buf *dmabuf;
	struct dma_buf_attachment *attach;
	u32 kind;
	enum dma_data_direction dir;
	struct sg_table *sgt;
	unsigned int told;
	u32 boundary;
	unsigned int pins;
	struct dma_fence *work;
	struct iosys_map vmap;
};

/* Others hold the fence as well: it has its own lock, and outlives @work. */
struct work {
	struct dma_fence fence;
	spinlock_t lock;
};

static const char *work_name(struct dma_fence *fence)
{
	return "xdb-importer";
}

static const struct dma_fence_ops work_ops = {
	.get_driver_name = work_name,
	.get_timeline_name = work_name,
};

static long work_begin(struct importer *imp, enum dma_resv_usage usage)
{
	struct dma_resv *resv = imp->dmabuf->resv;
	struct work *work;
	long ret;

	if (imp->work)
		return -EBUSY;
	work = kzalloc(sizeof(*work), GFP_KERNEL);
	if (!work)
		return -ENOMEM;
	spin_lock_init(&work->lock);
	dma_fence_init(&work->fence, &work_ops, &work->lock,
		       dma_fence_context_alloc(1), 1);
	dma_resv_lock(resv, NULL);
	ret = dma_resv_reserve_fences(resv, 1);
	if (!ret)
		dma_resv_add_fence(resv, &work->fence, usage);
	dma_resv_unlock(resv);
	if (ret)
		dma_fence_put(&work->fence);
	else
		imp->work = &work->fence;
	return ret;
}

static long work_end(struct importer *imp)
{
	if (!imp->work)
		return -ENOENT;
	dma_fence_signal(imp->work);
	dma_fence_put(imp->work);
	imp->work = NULL;
	return 0;
}

static void unmap_locked(struct importer *imp)
{
	dma_resv_assert_held(imp->dmabuf->resv);
	if (imp->sgt)
		dma_buf_unmap_attachment(imp->attach, imp->sgt, imp->dir);
	imp->sgt = NULL;
}

static void let_go(struct dma_buf_attachment *attach)
{
	struct importer *imp = attach->importer_priv;

	imp->told++;
	if (imp->kind == XDB_IMPORTER_DYNAMIC)
		unmap_locked(imp);
}

static const struct dma_buf_attach_ops attach_ops = {
	.allow_peer2peer = false,
#ifdef XDB_INVALIDATE_MAPPINGS
	.invalidate_mappings = let_go,
#else
	.move_notify = let_go,
#endif
};

#ifdef XDB_ATTACH_REVOCABLE
static bool pinned_told = true;
static const struct dma_buf_attach_ops pinning_ops = {
	.allow_peer2peer = false,
};
#else
static bool pinned_told;
#define pinning_ops attach_ops
#endif

static struct dma_buf_attachment *attach_to(struct importer *imp)
{
	struct device *dev = &imp->device->dev;

	switch (imp->kind) {
	case XDB_IMPORTER_STATIC:
		return dma_buf_attach(imp->dmabuf, dev);
	case XDB_IMPORTER_PINNING:
		return dma_buf_dynamic_attach(imp->dmabuf, dev, &pinning_ops,
					      imp);
	default:
		return dma_buf_dynamic_attach(imp->dmabuf, dev, &attach_ops,
					      imp);
	}
}

static long attach(struct importer *imp, void __user *arg)
{
	struct device *dev = &imp->device->dev;
	struct xdb_importer_attach req;
	struct dma_buf_attachment *attach;
	int ret;

	if (imp->dmabuf)
		return -EBUSY;
	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.kind > XDB_IMPORTER_PINNING || req.mask_bits > 64 ||
	    req.boundary & (req.boundary - 1))
		return -EINVAL;
	ret = dma_coerce_mask_and_coherent(dev, DMA_BIT_MASK(req.mask_bits));
	if (ret)
		return ret;
	dma_set_seg_boundary(dev, req.boundary ? req.boundary - 1 : U32_MAX);
	imp->boundary = req.boundary;
	imp->kind = req.kind;
	imp->dmabuf = dma_buf_get(req.dmabuf_fd);
	if (IS_ERR(imp->dmabuf)) {
		ret = PTR_ERR(imp->dmabuf);
		imp->dmabuf = NULL;
		return ret;
	}
	attach = attach_to(imp);
	if (IS_ERR(attach)) {
		dma_buf_put(imp->dmabuf);
		imp->dmabuf = NULL;
		return PTR_ERR(attach);
	}
	imp->attach = attach;
	return 0;
}

static long map(struct importer *imp, unsigned long dir)
{
	struct sg_table *sgt;
	long ret = 0;

	if (dir < 1 || dir > 3)
		return -EINVAL;
	dma_resv_lock(imp->dmabuf->resv, NULL);
	if (imp->sgt) {
		ret = -EBUSY;
		goto out;
	}
	imp->dir = dir == 1   ? DMA_TO_DEVICE
		   : dir == 2 ? DMA_FROM_DEVICE
			      : DMA_BIDIRECTIONAL;
	sgt = dma_buf_map_attachment(imp->attach, imp->dir);
	if (IS_ERR(sgt))
		ret = PTR_ERR(sgt);
	else
		imp->sgt = sgt;
out:
	dma_resv_unlock(imp->dmabuf->resv);
	return ret;
}

static void unmap(struct importer *imp)
{
	dma_resv_lock(imp->dmabuf->resv, NULL);
	unmap_locked(imp);
	dma_resv_unlock(imp->dmabuf->resv);
}

static long pin(struct importer *imp, bool on)
{
	long ret = -EINVAL;

	if (imp->kind == XDB_IMPORTER_STATIC)
		return ret;
	dma_resv_lock(imp->dmabuf->resv, NULL);
	if (on) {
		ret = dma_buf_pin(imp->attach);
		imp->pins += !ret;
	} else if (imp->pins) {
		dma_buf_unpin(imp->attach);
		imp->pins--;
		ret = 0;
	}
	dma_resv_unlock(imp->dmabuf->resv);
	return ret;
}

static phys_addr_t find_first_page(struct dma_buf *dmabuf)
{
	struct iosys_map map;
	phys_addr_t page;

	if (dma_buf_vmap_unlocked(dmabuf, &map))
		return 0;
	page = is_vmalloc_addr(map.vaddr) ? PFN_PHYS(vmalloc_to_pfn(map.vaddr))
					  : virt_to_phys(map.vaddr);
	dma_buf_vunmap_unlocked(dmabuf, &map);
	return page;
}

static long tell_segments(struct importer *imp, void __user *arg)
{
	u64 boundary = imp->boundary ?: BIT_ULL(32);
	struct xdb_importer_segments seg = {};
	struct scatterlist *sg;
	u64 start, end;
	int i;

	dma_resv_lock(imp->dmabuf->resv, NULL);
	if (imp->sgt) {
		seg.first = sg_dma_address(imp->sgt->sgl);
		seg.nr = imp->sgt->nents;
		for_each_sgtable_dma_sg(imp->sgt, sg, i) {
			start = sg_dma_address(sg);
			end = start + sg_dma_len(sg) - 1;
			seg.crossings += (start ^ end) >= boundary;
		}
	}
	dma_resv_unlock(imp->dmabuf->resv);
	if (!seg.nr)
		return -ENOENT;
	seg.page = find_first_page(imp->dmabuf);
	return copy_to_user(arg, &seg, sizeof(seg)) ? -EFAULT : 0;
}

static long vmap_begin(struct importer *imp)
{
	if (!iosys_map_is_null(&imp->vmap))
		return -EBUSY;
	return dma_buf_vmap_unlocked(imp->dmabuf, &imp->vmap);
}

static void vmap_end(struct importer *imp)
{
	if (iosys_map_is_null(&imp->vmap))
		return;
	dma_buf_vunmap_unlocked(imp->dmabuf, &imp->vmap);
	iosys_map_clear(&imp->vmap);
}

/* Read a byte of @vaddr; a fault is told, not taken. */
static void peek_at(const void *vaddr, struct xdb_importer_peek *req)
{
	u8 byte = 0;

	req->fault = !!copy_from_kernel_nofault(&byte, vaddr, 1);
	req->byte = byte;
}

static long peek_by_vmap(struct page **pages, unsigned int nr,
			 struct xdb_importer_peek *req)
{
	void *vaddr = vmap(pages, nr, VM_MAP, PAGE_KERNEL);

	if (!vaddr)
		return -ENOMEM;
	peek_at(vaddr + req->page * PAGE_SIZE, req);
	vunmap(vaddr);
	return 0;
}

static long peek_locked(struct importer *imp, struct xdb_importer_peek *req)
{
	unsigned int i = 0, nr = imp->dmabuf->size >> PAGE_SHIFT;
	struct sg_page_iter iter;
	struct page **pages;
	long ret = 0;

	if (!imp->sgt)
		return -ENOENT;
	if (req->how > XDB_IMPORTER_VMAP || req->page >= nr)
		return -EINVAL;
	pages = kvcalloc(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for_each_sgtable_page(imp->sgt, &iter, 0)
		if (i < nr)
			pages[i++] = sg_page_iter_page(&iter);
	if (i < nr)
		ret = -EIO;
	else if (req->how == XDB_IMPORTER_VMAP)
		ret = peek_by_vmap(pages, nr, req);
	else
		peek_at(page_address(pages[req->page]), req);
	kvfree(pages);
	return ret;
}

static long peek(struct importer *imp, void __user *arg)
{
	struct xdb_importer_peek req;
	long ret;

	if (IS_ENABLED(CONFIG_DMABUF_DEBUG))
		return -EOPNOTSUPP;
	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	dma_resv_lock(imp->dmabuf->resv, NULL);
	ret = peek_locked(imp, &req);
	dma_resv_unlock(imp->dmabuf->resv);
	if (ret)
		return ret;
	return copy_to_user(arg, &req, sizeof(req)) ? -EFAULT : 0;
}

static void detach(struct importer *imp)
{
	vmap_end(imp);
	unmap(imp);
	while (imp->pins)
		pin(imp, false);
	dma_buf_detach(imp->dmabuf, imp->attach);
	dma_buf_put(imp->dmabuf);
	imp->dmabuf = NULL;
}

static long importer_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	struct importer *imp = file->private_data;
	long ret = 0;

	mutex_lock(&imp->lock);
	if (cmd == XDB_IMPORTER_IOC_ATTACH) {
		ret = attach(imp, (void __user *)arg);
		goto out;
	}
	if (cmd == XDB_IMPORTER_IOC_SIGNAL) {
		ret = work_end(imp);
		goto out;
	}
	if (!imp->dmabuf) {
		ret = -ENOENT;
		goto out;
	}
	switch (cmd) {
	case XDB_IMPORTER_IOC_DETACH:
		work_end(imp);
		fallthrough;
	case XDB_IMPORTER_IOC_LEAVE:
		detach(imp);
		break;
	case XDB_IMPORTER_IOC_MAP:
		ret = map(imp, arg);
		break;
	case XDB_IMPORTER_IOC_UNMAP:
		unmap(imp);
		break;
	case XDB_IMPORTER_IOC_PIN:
	case XDB_IMPORTER_IOC_UNPIN:
		ret = pin(imp, cmd == XDB_IMPORTER_IOC_PIN);
		break;
	case XDB_IMPORTER_IOC_FENCE:
		ret = work_begin(imp, DMA_RESV_USAGE_BOOKKEEP);
		break;
	case XDB_IMPORTER_IOC_WRITE:
		ret = work_begin(imp, DMA_RESV_USAGE_WRITE);
		break;
	case XDB_IMPORTER_IOC_TOLD:
		ret = READ_ONCE(imp->told);
		break;
	case XDB_IMPORTER_IOC_SEGMENTS:
		ret = tell_segments(imp, (void __user *)arg);
		break;
	case XDB_IMPORTER_IOC_PEEK:
		ret = peek(imp, (void __user *)arg);
		break;
	case XDB_IMPORTER_IOC_VMAP:
		ret = vmap_begin(imp);
		break;
	case XDB_IMPORTER_IOC_VUNMAP:
		vmap_end(imp);
		break;
	case XDB_IMPORTER_IOC_MAPPED:
		ret = !!READ_ONCE(imp->sgt);
		break;
	default:
		ret = -ENOTTY;
	}
out:
	mutex_unlock(&imp->lock);
	return ret;
}

/* Set up DMA for a device that is not coherent, where the system has such devices. */
static int configure_dma(struct device *dev)
{
	struct device_node *root = of_find_node_by_path("/chosen");
	int ret = 0;

	if (root)
		ret = of_dma_configure(dev, root, true);
	of_node_put(root);
#ifdef CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE
	/* QEMU 10 describes its whole machine as coherent */
	dev->dma_coherent = false;
#endif
	return ret;
}

/* Whether the core pins for dynamic importers: then a pin means nothing. */
#ifdef XDB_INVALIDATE_MAPPINGS
static bool core_pins;
#else
static bool core_pins = !IS_ENABLED(CONFIG_DMABUF_MOVE_NOTIFY);
#endif
module_param(core_pins, bool, 0444);
/* Whether importers that have pinned are told to let go. */
module_param(pinned_told, bool, 0444);

static int importer_open(struct inode *inode, struct file *file)
{
	struct importer *imp = kzalloc(sizeof(*imp), GFP_KERNEL);
	int ret;

	if (!imp)
		return -ENOMEM;
	mutex_init(&imp->lock);
	imp->device = platform_device_register_simple(
		"xdb-importer", PLATFORM_DEVID_AUTO, NULL, 0);
	if (IS_ERR(imp->device)) {
		ret = PTR_ERR(imp->device);
		goto err_free;
	}
	ret = configure_dma(&imp->device->dev);
	if (ret)
		goto err_device;
	file->private_data = imp;
	return 0;

err_device:
	platform_device_unregister(imp->device);
err_free:
	kfree(imp);
	return ret;
}

static int importer_release(struct inode *inode, struct file *file)
{
	struct importer *imp = file->private_data;

	work_end(imp);
	if (imp->dmabuf)
		detach(imp);
	platform_device_unregister(imp->device);
	kfree(imp);
	return 0;
}

static const struct file_operations importer_fops = {
	.owner = THIS_MODULE,
	.open = importer_open,
	.release = importer_release,
	.unlocked_ioctl = importer_ioctl,
};

XDB_DEVICE_MODULE("xdb-importer", &importer_fops);

MODULE_DESCRIPTION("Importers of dma-bufs of every kind, for tests");
MODULE_LICENSE("GPL");
XDB_IMPORT_DMA_BUF();
