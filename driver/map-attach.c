// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices that are attached to a MAP's dma-buf: whether their drivers can
 * be told to let go, what they have pinned and mapped, and telling them.
 *
 * Since Linux 7.1, an importer with a callback can be told, even if it has
 * pinned the dma-buf.  Before, a pin is a promise that the callback is not
 * called.  And if such a kernel is built without DMABUF_MOVE_NOTIFY, its
 * dma-buf core pins for each mapping, so that the importer's own pins are those
 * beyond its mappings.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "compat.h"
#include "lease.h"
#include "map.h"
#include "map-attach.h"
#include "map-sgt.h"

/**
 * struct xdb_attachment - a device attached to a MAP's dma-buf
 * @node: in xdb_map.attached
 * @attach: the dma-buf core's view of it; its priv is this struct
 * @pins: how often it is pinned, by its importer and by the dma-buf core
 * @maps: number of its sg tables
 * @told: its importer was told to let go, and has not unpinned since
 *
 * All under xdb_map.lock.
 */
struct xdb_attachment {
	struct list_head node;
	struct dma_buf_attachment *attach;
	unsigned int pins;
	unsigned int maps;
	bool told;
};

/* Whether the importer itself has pinned, and so must not be told to let go. */
static bool is_pinned_by_importer(struct xdb_attachment *xa)
{
	if (xdb_pinned_can_let_go())
		return false;
	return xa->pins > (xdb_core_pins() ? xa->maps : 0);
}

/* Whether it keeps, or would keep, the pages of a revoked map mapped. */
static bool is_pinned(struct xdb_attachment *xa)
{
	if (!xdb_can_let_go(xa->attach))
		return true;
	return xa->maps && (xa->told || is_pinned_by_importer(xa));
}

int xdb_map_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	bool is_static = !xdb_can_let_go(attach);
	struct xdb_map *map = dmabuf->priv;
	struct xdb_attachment *xa;
	int ret = 0;

	xa = kzalloc(sizeof(*xa), GFP_KERNEL_ACCOUNT);
	if (!xa)
		return -ENOMEM;
	xa->attach = attach;

	mutex_lock(&map->lock);
	if (xdb_map_revoked(map)) {
		ret = -ENODEV;
	} else if (is_static && map->revocable) {
		ret = -EBUSY;
	} else {
		list_add(&xa->node, &map->attached);
		map->attachments++;
		map->nr_static += is_static;
		attach->priv = xa;
	}
	mutex_unlock(&map->lock);
	if (ret)
		kfree(xa);
	return ret;
}

void xdb_map_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct xdb_attachment *xa = attach->priv;
	struct xdb_map *map = dmabuf->priv;

	mutex_lock(&map->lock);
	list_del(&xa->node);
	map->attachments--;
	map->nr_static -= !xdb_can_let_go(attach);
	mutex_unlock(&map->lock);
	kfree(xa);
	if (xdb_map_revoked(map))
		xdb_map_end_soon(map);
}

/*
 * Whether a pin must be refused, since the importer of a revocable map could
 * not be told to let go.  Where the dma-buf core pins for each mapping, its
 * first pin is not known from one of the importer: xdb_map_map_dma() refuses
 * to map after both.
 */
static bool refuses_pin(struct xdb_map *map, struct xdb_attachment *xa)
{
	if (!map->revocable || xdb_pinned_can_let_go())
		return false;
	return xdb_core_pins() ? xa->maps : true;
}

/* The pages never move, so that there is nothing to do but count. */
int xdb_map_pin(struct dma_buf_attachment *attach)
{
	struct xdb_map *map = attach->dmabuf->priv;
	struct xdb_attachment *xa = attach->priv;
	int ret = 0;

	mutex_lock(&map->lock);
	if (xdb_map_revoked(map))
		ret = -ENODEV;
	else if (refuses_pin(map, xa))
		ret = -EBUSY;
	else
		xa->pins++;
	mutex_unlock(&map->lock);
	return ret;
}

/* Some importers unpin although their pin was refused. */
void xdb_map_unpin(struct dma_buf_attachment *attach)
{
	struct xdb_map *map = attach->dmabuf->priv;
	struct xdb_attachment *xa = attach->priv;

	mutex_lock(&map->lock);
	if (xa->pins)
		xa->pins--;
	/* It may have been unable to let go, and now is not. */
	xa->told = false;
	mutex_unlock(&map->lock);
	if (xdb_map_revoked(map))
		xdb_map_end_soon(map);
}

static int check_mapping(struct xdb_map *map, struct xdb_attachment *xa)
{
	/* The core's pin for this mapping is counted already. */
	u32 mappings = xa->maps + 1;

	if (xdb_map_revoked(map))
		return -ENODEV;
	if (map->revocable && !xdb_pinned_can_let_go() && xa->pins > mappings)
		return -EBUSY;
	return 0;
}

struct sg_table *xdb_map_map_dma(struct dma_buf_attachment *attach,
				 enum dma_data_direction dir)
{
	struct xdb_map *map = attach->dmabuf->priv;
	struct xdb_attachment *xa = attach->priv;
	struct sg_table *sgt;
	int ret;

	if (map->lease.rdonly) {
		if (dir != DMA_TO_DEVICE && !map->trusts_devices)
			return ERR_PTR(-EACCES);
		/* An IOMMU that this kernel controls then refuses writes. */
		dir = DMA_TO_DEVICE;
	}
	/* A device without a mask cannot do DMA: its driver uses the CPU. */
	if (!attach->dev->dma_mask)
		return ERR_PTR(-EOPNOTSUPP);

	mutex_lock(&map->lock);
	ret = check_mapping(map, xa);
	sgt = ret ? ERR_PTR(ret) : xdb_sgt_map(map, attach->dev, dir);
	if (!IS_ERR(sgt))
		xa->maps++;
	mutex_unlock(&map->lock);
	return sgt;
}

void xdb_map_unmap_dma(struct dma_buf_attachment *attach, struct sg_table *sgt,
		       enum dma_data_direction dir)
{
	struct xdb_map *map = attach->dmabuf->priv;
	struct xdb_attachment *xa = attach->priv;

	mutex_lock(&map->lock);
	xdb_sgt_unmap(map, sgt);
	xa->maps--;
	mutex_unlock(&map->lock);
	if (xdb_map_revoked(map))
		xdb_map_end_soon(map);
}

static bool needs_telling(struct xdb_map *map, struct xdb_attachment *xa)
{
	bool ret;

	mutex_lock(&map->lock);
	ret = xa->maps && !xa->told && xdb_can_let_go(xa->attach) &&
	      !is_pinned_by_importer(xa);
	mutex_unlock(&map->lock);
	return ret;
}

/* Not under map->lock, since the importer unmaps. */
static void tell_importer(struct xdb_map *map, struct xdb_attachment *xa)
{
	xdb_notify_importer(xa->attach);
	mutex_lock(&map->lock);
	xa->told = true;
	mutex_unlock(&map->lock);
}

/**
 * xdb_map_tell_importers - tell importers to let go
 * @map: revoked, so that none can map again
 *
 * Each is told once, as some warn when they are told what they cannot do; and
 * once more after it has unpinned.
 */
void xdb_map_tell_importers(struct xdb_map *map)
{
	struct dma_buf *dmabuf = xdb_map_get_attached(map);
	struct dma_buf_attachment *attach;

	if (!dmabuf)
		return;
	dma_resv_lock(dmabuf->resv, NULL);
	list_for_each_entry(attach, &dmabuf->attachments, node)
		if (needs_telling(map, attach->priv))
			tell_importer(map, attach->priv);
	dma_resv_unlock(dmabuf->resv);
	dma_buf_put(dmabuf);
}

/* Number of attached devices that keep a revoked map; under the map's lock. */
u32 xdb_map_count_pinned(struct xdb_map *map)
{
	struct xdb_attachment *xa;
	u32 n = 0;

	lockdep_assert_held(&map->lock);
	list_for_each_entry(xa, &map->attached, node)
		n += is_pinned(xa);
	return n;
}

#ifdef CONFIG_DEBUG_FS
static const char *name_kind(struct xdb_attachment *xa)
{
	if (!xdb_can_let_go(xa->attach))
		return "static";
	return is_pinned(xa) ? "pinned" : "dynamic";
}

/* Print a line for each attached device: which keep a revoked map in use? */
void xdb_map_show_importers(struct xdb_map *map, struct seq_file *m)
{
	struct xdb_attachment *xa;

	mutex_lock(&map->lock);
	list_for_each_entry(xa, &map->attached, node)
		seq_printf(m, "%u %s %s %s %s %u\n", map->lease.id,
			   xdb_state_name(xdb_lease_state(&map->lease)),
			   dev_name(xa->attach->dev),
			   dev_driver_string(xa->attach->dev), name_kind(xa),
			   xa->maps);
	mutex_unlock(&map->lock);
}
#endif
