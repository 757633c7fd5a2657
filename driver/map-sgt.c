// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sg tables that devices get for a MAP.
 *
 * A device gets the foreign pages themselves or an error.  Where the DMA layer
 * would copy them to a bounce buffer, mapping fails with -EREMOTEIO.
 */
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "bus.h"
#include "compat.h"
#include "map.h"
#include "map-sgt.h"
#include "stats.h"
#include "trace.h"

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

/* Maximum number of pages of a segment that begins at the device's @address. */
static u32 max_segment(struct device *dev, dma_addr_t address)
{
	unsigned long boundary = dma_get_seg_boundary_nr_pages(dev, PAGE_SHIFT);
	unsigned long size = dma_get_max_seg_size(dev) >> PAGE_SHIFT;

	boundary -= (address >> PAGE_SHIFT) & (boundary - 1);
	return max(min(size, boundary), 1UL);
}

/* Number of pages from @i on that are contiguous for a device, at most @max. */
static u32 count_contiguous(struct xdb_map *map, u32 i, unsigned long frame,
			    u32 max)
{
	unsigned long pfn = xdb_map_pfn(map, i);
	u32 n = 1;

	max = min(max, map->lease.nr_pages - i);
	while (n < max && xdb_map_pfn(map, i + n) == pfn + n &&
	       xdb_bus_frame(pfn + n) == frame + n)
		n++;
	return n;
}

static bool is_reachable(struct device *dev, dma_addr_t start, u32 nr_pages)
{
	u64 end = start + ((u64)nr_pages << PAGE_SHIFT) - 1;

	return end <= min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
}

/*
 * Divide the pages into segments: @length has room for one of each page, and
 * gets each segment's number of pages.  Returns the number of segments, or
 * -EREMOTEIO if @dev cannot reach one.
 */
static int find_segments(struct xdb_map *map, struct device *dev, u32 *length)
{
	bool translated = xdb_iommu_translates(dev);
	unsigned long frame;
	u32 i, nr = 0;
	dma_addr_t start;

	for (i = 0; i < map->lease.nr_pages; i += length[nr++]) {
		frame = xdb_bus_frame(xdb_map_pfn(map, i));
		start = phys_to_dma(dev, (phys_addr_t)frame << PAGE_SHIFT);
		length[nr] = count_contiguous(map, i, frame,
					      max_segment(dev, start));
		if (!translated && !is_reachable(dev, start, length[nr])) {
			xdb_stat_add(XDB_STAT_BOUNCES_REFUSED, 1);
			trace_xen_dmabuf_bounce_refused(map->lease.id, dev);
			return -EREMOTEIO;
		}
	}
	return nr;
}

/* Make an sg table of the pages; -EREMOTEIO if @dev cannot reach one. */
static int build_sgt(struct xdb_map *map, struct device *dev,
		     struct sg_table *sgt)
{
	struct scatterlist *sg;
	u32 i, *length;
	int s, ret;

	length = kvmalloc_array(map->lease.nr_pages, sizeof(*length),
				GFP_KERNEL_ACCOUNT);
	if (!length)
		return -ENOMEM;
	ret = find_segments(map, dev, length);
	if (ret > 0)
		ret = sg_alloc_table(sgt, ret, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto out;
	i = 0;
	for_each_sgtable_sg(sgt, sg, s) {
		sg_set_page(sg, xdb_map_page(map, i), length[s] << PAGE_SHIFT,
			    0);
		i += length[s];
	}
out:
	kvfree(length);
	return ret;
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
		    phys_to_dma(dev, xdb_bus_address(page_to_pfn(sg_page(sg)))))
			return false;
	return true;
}

/**
 * xdb_sgt_map - map the pages for a device
 * @map: not revoked; its lock is held
 * @dev: the device, with a DMA mask
 * @dir: the direction of DMA
 *
 * Return: an sg table for xdb_sgt_unmap(), or an ERR_PTR: -EREMOTEIO @dev
 * cannot reach a page; -ENOMEM.
 */
struct sg_table *xdb_sgt_map(struct xdb_map *map, struct device *dev,
			     enum dma_data_direction dir)
{
	struct xdb_sgt *xs;
	int ret;

	lockdep_assert_held(&map->lock);
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
		trace_xen_dmabuf_bounce_refused(map->lease.id, dev);
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

/* Undo xdb_sgt_map(), under the map's lock. */
void xdb_sgt_unmap(struct xdb_map *map, struct sg_table *sgt)
{
	struct xdb_sgt *xs = container_of(sgt, struct xdb_sgt, sgt);

	lockdep_assert_held(&map->lock);
	list_del(&xs->node);
	dma_unmap_sgtable(xs->dev, sgt, xs->dir, 0);
	sg_free_table(sgt);
	kfree(xs);
}

void xdb_sgts_sync_for_cpu(struct xdb_map *map)
{
	struct xdb_sgt *xs;

	mutex_lock(&map->lock);
	list_for_each_entry(xs, &map->sgts, node)
		dma_sync_sgtable_for_cpu(xs->dev, &xs->sgt, xs->dir);
	mutex_unlock(&map->lock);
}

void xdb_sgts_sync_for_device(struct xdb_map *map)
{
	struct xdb_sgt *xs;

	mutex_lock(&map->lock);
	list_for_each_entry(xs, &map->sgts, node)
		dma_sync_sgtable_for_device(xs->dev, &xs->sgt, xs->dir);
	mutex_unlock(&map->lock);
}
