// SPDX-License-Identifier: GPL-2.0-only
/*
 * A MAP as a dma-buf, as devices and kernel drivers use it.
 *
 * A device gets the foreign pages themselves or an error.  Where the DMA layer
 * would copy them to a bounce buffer, mapping fails with -EREMOTEIO.
 */
#include <linux/dma-buf.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/iosys-map.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <xen/page.h>

#include <xen/dmabuf-backing.h>

#include "compat.h"
#include "lease.h"
#include "map.h"
#include "map-dmabuf.h"
#include "map-mmap.h"
#include "stats.h"

/**
 * struct xdb_sgt - a device's mapping
 * @sgt: the sg table that the importer gets
 * @node: in xdb_map.sgts
 * @dev: the device
 * @dir: the direction of DMA
 */
struct xdb_sgt {
	struct sg_table sgt;
	struct list_head node;
	struct device *dev;
	enum dma_data_direction dir;
};

static phys_addr_t bus_address(unsigned long pfn)
{
	return (phys_addr_t)pfn_to_bfn(pfn) << PAGE_SHIFT;
}

/* Number of pages from @i on that are contiguous for a device, at most @max. */
static u32 segment_length(struct xdb_map *map, u32 i, u32 max)
{
	unsigned long pfn = xdb_map_pfn(map, i);
	unsigned long bfn = pfn_to_bfn(pfn);
	u32 n = 1;

	max = min(max, map->lease.nr_pages - i);
	while (n < max && xdb_map_pfn(map, i + n) == pfn + n &&
	       pfn_to_bfn(pfn + n) == bfn + n)
		n++;
	return n;
}

static bool is_reachable(struct device *dev, phys_addr_t start, u32 nr_pages)
{
	u64 end = phys_to_dma(dev, start) + ((u64)nr_pages << PAGE_SHIFT) - 1;

	return end <= min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
}

/* Make an sg table of the pages; -EREMOTEIO if @dev cannot reach one. */
static int build_sgt(struct xdb_map *map, struct device *dev,
		     struct sg_table *sgt)
{
	u32 max = max(dma_get_max_seg_size(dev) >> PAGE_SHIFT, 1U);
	u32 i, n, nr_segments = 0;
	struct scatterlist *sg;
	int ret;

	for (i = 0; i < map->lease.nr_pages; i += n) {
		phys_addr_t start = bus_address(xdb_map_pfn(map, i));

		n = segment_length(map, i, max);
		nr_segments++;
		if (!xdb_iommu_translates(dev) &&
		    !is_reachable(dev, start, n)) {
			xdb_stat_add(XDB_STAT_BOUNCES_REFUSED, 1);
			return -EREMOTEIO;
		}
	}
	ret = sg_alloc_table(sgt, nr_segments, GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	sg = sgt->sgl;
	for (i = 0; i < map->lease.nr_pages; i += n, sg = sg_next(sg)) {
		n = segment_length(map, i, max);
		sg_set_page(sg, xdb_map_page(map, i), n << PAGE_SHIFT, 0);
	}
	return 0;
}

/* Whether the DMA layer mapped the pages themselves, not a bounce buffer. */
static bool is_direct(struct device *dev, struct sg_table *sgt)
{
	struct scatterlist *sg;
	int i;

	if (xdb_iommu_translates(dev))
		return true;
	if (sgt->nents != sgt->orig_nents)
		return false;
	for_each_sgtable_dma_sg(sgt, sg, i)
		if (sg_dma_address(sg) !=
		    phys_to_dma(dev, bus_address(page_to_pfn(sg_page(sg)))))
			return false;
	return true;
}

static struct sg_table *map_sgt(struct xdb_map *map, struct device *dev,
				enum dma_data_direction dir)
{
	struct xdb_sgt *xs;
	int ret;

	lockdep_assert_held(&map->lock);
	if (xdb_map_revoked(map))
		return ERR_PTR(-ENODEV);
	xs = kzalloc(sizeof(*xs), GFP_KERNEL_ACCOUNT);
	if (!xs)
		return ERR_PTR(-ENOMEM);
	xs->dev = dev;
	xs->dir = dir;
	ret = build_sgt(map, dev, &xs->sgt);
	if (ret)
		goto err_free;
	ret = dma_map_sgtable(dev, &xs->sgt, dir, 0);
	if (ret)
		goto err_table;
	if (!is_direct(dev, &xs->sgt)) {
		/* Skip the copy back: the bounce buffer's bytes are stale. */
		dma_unmap_sgtable(dev, &xs->sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
		xdb_stat_add(XDB_STAT_BOUNCES_REFUSED, 1);
		ret = -EREMOTEIO;
		goto err_table;
	}
	list_add(&xs->node, &map->sgts);
	return &xs->sgt;

err_table:
	sg_free_table(&xs->sgt);
err_free:
	kfree(xs);
	return ERR_PTR(ret);
}

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
	sgt = map_sgt(map, attach->dev, dir);
	mutex_unlock(&map->lock);
	return sgt;
}

static void op_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
		     enum dma_data_direction dir)
{
	struct xdb_sgt *xs = container_of(sgt, struct xdb_sgt, sgt);
	struct xdb_map *map = attach->dmabuf->priv;

	mutex_lock(&map->lock);
	list_del(&xs->node);
	dma_unmap_sgtable(attach->dev, sgt, dir, 0);
	mutex_unlock(&map->lock);
	sg_free_table(sgt);
	kfree(xs);
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
	struct xdb_map *map = dmabuf->priv;
	struct xdb_sgt *xs;

	mutex_lock(&map->lock);
	list_for_each_entry(xs, &map->sgts, node)
		dma_sync_sgtable_for_cpu(xs->dev, &xs->sgt, xs->dir);
	mutex_unlock(&map->lock);
	return 0;
}

static int op_end_cpu_access(struct dma_buf *dmabuf,
			     enum dma_data_direction dir)
{
	struct xdb_map *map = dmabuf->priv;
	struct xdb_sgt *xs;

	mutex_lock(&map->lock);
	list_for_each_entry(xs, &map->sgts, node)
		dma_sync_sgtable_for_device(xs->dev, &xs->sgt, xs->dir);
	mutex_unlock(&map->lock);
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
static unsigned int count_sgts_of(struct xdb_map *map, struct device *dev)
{
	struct xdb_sgt *xs;
	unsigned int n = 0;

	mutex_lock(&map->lock);
	list_for_each_entry(xs, &map->sgts, node)
		n += xs->dev == dev;
	mutex_unlock(&map->lock);
	return n;
}

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
			   count_sgts_of(map, attach->dev));
	dma_resv_unlock(dmabuf->resv);
	dma_buf_put(dmabuf);
}
#endif
