// SPDX-License-Identifier: GPL-2.0-only
/* A MAP as a dma-buf, as devices and kernel drivers use it. */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/iosys-map.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#include <xen/dmabuf-backing.h>

#include "compat.h"
#include "lease.h"
#include "map.h"
#include "map-dmabuf.h"
#include "map-mmap.h"
#include "map-sgt.h"

static struct sg_table *op_map(struct dma_buf_attachment *attach,
			       enum dma_data_direction dir)
{
	struct xdb_map *map = attach->dmabuf->priv;
	struct sg_table *sgt;

	if (map->lease.rdonly && dir != DMA_TO_DEVICE)
		return ERR_PTR(-EACCES);
	/* A device without a mask cannot do DMA: its driver uses the CPU. */
	if (!attach->dev->dma_mask)
		return ERR_PTR(-EOPNOTSUPP);

	mutex_lock(&map->lock);
	if (xdb_map_revoked(map))
		sgt = ERR_PTR(-ENODEV);
	else
		sgt = xdb_sgt_map(map, attach->dev, dir);
	mutex_unlock(&map->lock);
	return sgt;
}

static void op_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
		     enum dma_data_direction dir)
{
	struct xdb_map *map = attach->dmabuf->priv;

	mutex_lock(&map->lock);
	xdb_sgt_unmap(map, sgt);
	mutex_unlock(&map->lock);
	if (xdb_map_revoked(map))
		xdb_map_end_soon(map);
}

static int op_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	/* A static importer cannot be told to let go. */
	bool pins = !xdb_can_let_go(attach);
	struct xdb_map *map = dmabuf->priv;
	int ret = 0;

	mutex_lock(&map->lock);
	if (xdb_map_revoked(map)) {
		ret = -ENODEV;
	} else if (pins && map->revocable) {
		ret = -EBUSY;
	} else {
		map->attachments++;
		map->pinned += pins;
	}
	mutex_unlock(&map->lock);
	return ret;
}

static void op_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct xdb_map *map = dmabuf->priv;

	mutex_lock(&map->lock);
	map->attachments--;
	map->pinned -= !xdb_can_let_go(attach);
	mutex_unlock(&map->lock);
	if (xdb_map_revoked(map))
		xdb_map_end_soon(map);
}

/*
 * The pages never move, so there is nothing to pin.  But an importer that pins
 * does not let go, which a revocable map refuses.  Where the dma-buf core pins
 * for all importers, a pin says nothing about the importer.
 */
static int op_pin(struct dma_buf_attachment *attach)
{
	struct xdb_map *map = attach->dmabuf->priv;

	if (xdb_map_revoked(map))
		return -ENODEV;
	return map->revocable && !xdb_core_pins() ? -EBUSY : 0;
}

static void op_unpin(struct dma_buf_attachment *attach)
{
}

static int op_begin_cpu_access(struct dma_buf *dmabuf,
			       enum dma_data_direction dir)
{
	xdb_sgts_sync_for_cpu(dmabuf->priv);
	return 0;
}

static int op_end_cpu_access(struct dma_buf *dmabuf,
			     enum dma_data_direction dir)
{
	xdb_sgts_sync_for_device(dmabuf->priv);
	return 0;
}

/* The linear map of contiguous frames serves, and is all that a PV domain has. */
static void *vmap_pages(struct xdb_map *map)
{
	if (!map->pages)
		return page_address(xdb_map_page(map, 0));
	return vmap(map->pages, map->lease.nr_pages, VM_MAP, PAGE_KERNEL);
}

static int op_vmap(struct dma_buf *dmabuf, struct iosys_map *mapping)
{
	struct xdb_map *map = dmabuf->priv;
	void *vaddr = NULL;
	int ret = 0;

	mutex_lock(&map->lock);
	/*
	 * The dma-buf core warns when vmap fails.  Allow it for a revoked map
	 * with static importers, which keep the pages mapped anyway: such an
	 * importer may vmap for each frame.
	 */
	if (map->ended || (xdb_map_revoked(map) && !map->pinned)) {
		ret = -ENODEV;
	} else {
		vaddr = vmap_pages(map);
		if (!vaddr)
			ret = -ENOMEM;
	}
	if (vaddr) {
		iosys_map_set_vaddr(mapping, vaddr);
		map->vmapped = true;
	}
	mutex_unlock(&map->lock);
	return ret;
}

static void op_vunmap(struct dma_buf *dmabuf, struct iosys_map *mapping)
{
	struct xdb_map *map = dmabuf->priv;

	mutex_lock(&map->lock);
	if (map->pages)
		vunmap(mapping->vaddr);
	map->vmapped = false;
	mutex_unlock(&map->lock);
	if (xdb_map_revoked(map))
		xdb_map_end_soon(map);
}

static void op_release(struct dma_buf *dmabuf)
{
	struct xdb_map *map = dmabuf->priv;

	mutex_lock(&map->lock);
	map->dmabuf = NULL;
	mutex_unlock(&map->lock);
	xdb_map_end(map);
	xdb_lease_put(&map->lease);
}

static const struct dma_buf_ops rw_ops = {
	.attach = op_attach,
	.detach = op_detach,
	.pin = op_pin,
	.unpin = op_unpin,
	.map_dma_buf = op_map,
	.unmap_dma_buf = op_unmap,
	.begin_cpu_access = op_begin_cpu_access,
	.end_cpu_access = op_end_cpu_access,
	.mmap = xdb_map_mmap,
	.vmap = op_vmap,
	.vunmap = op_vunmap,
	.release = op_release,
};

/*
 * Read-only: no vmap, which would allow writing, and no pin.  If there is a
 * pin, the dma-buf core maps for static importers when they attach, in both
 * directions.
 */
static const struct dma_buf_ops ro_ops = {
	.attach = op_attach,
	.detach = op_detach,
	.map_dma_buf = op_map,
	.unmap_dma_buf = op_unmap,
	.begin_cpu_access = op_begin_cpu_access,
	.end_cpu_access = op_end_cpu_access,
	.mmap = xdb_map_mmap,
	.release = op_release,
};

/*
 * Revocable: no vmap, whose users cannot be told to stop.  There may be a pin,
 * as static importers cannot attach.
 */
static const struct dma_buf_ops revocable_ops = {
	.attach = op_attach,
	.detach = op_detach,
	.pin = op_pin,
	.unpin = op_unpin,
	.map_dma_buf = op_map,
	.unmap_dma_buf = op_unmap,
	.begin_cpu_access = op_begin_cpu_access,
	.end_cpu_access = op_end_cpu_access,
	.mmap = xdb_map_mmap,
	.release = op_release,
};

static const struct dma_buf_ops *choose_ops(struct xdb_map *map)
{
	if (map->revocable)
		return &revocable_ops;
	return map->lease.rdonly ? &ro_ops : &rw_ops;
}

bool xdb_is_map(struct dma_buf *dmabuf)
{
	return dmabuf->ops == &rw_ops || dmabuf->ops == &ro_ops ||
	       dmabuf->ops == &revocable_ops;
}

/**
 * xdb_map_export - make the dma-buf of a map
 * @map: its pages are mapped
 *
 * The map ends when the dma-buf is released.  The dma-buf holds a reference on
 * the lease, since it may stay open after a revoked map is RETURNED and its
 * lease closed.
 *
 * Return: the dma-buf or an ERR_PTR.
 */
struct dma_buf *xdb_map_export(struct xdb_map *map)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);
	struct dma_buf *dmabuf;

	exp_info.ops = choose_ops(map);
	exp_info.size = (size_t)map->lease.nr_pages << PAGE_SHIFT;
	exp_info.flags = map->lease.rdonly ? O_RDONLY : O_RDWR;
	exp_info.priv = map;
	dmabuf = dma_buf_export(&exp_info);
	if (IS_ERR(dmabuf))
		return dmabuf;
	xdb_lease_get(&map->lease);
	map->dmabuf = dmabuf;
	return dmabuf;
}

#ifdef CONFIG_DEBUG_FS
/* Print a line for each attached device: which keep a revoked map in use? */
void xdb_map_show_importers(struct xdb_map *map, struct seq_file *m)
{
	struct dma_buf_attachment *attach;
	struct dma_buf *dmabuf = xdb_map_get_attached(map);

	if (!dmabuf)
		return;
	dma_resv_lock(dmabuf->resv, NULL);
	list_for_each_entry(attach, &dmabuf->attachments, node)
		seq_printf(m, "%u %s %s %s %s %u\n", map->lease.id,
			   xdb_state_name(xdb_lease_state(&map->lease)),
			   dev_name(attach->dev),
			   dev_driver_string(attach->dev),
			   xdb_can_let_go(attach) ? "dynamic" : "static",
			   xdb_sgts_count(map, attach->dev));
	dma_resv_unlock(dmabuf->resv);
	dma_buf_put(dmabuf);
}
#endif
