// SPDX-License-Identifier: GPL-2.0-only
/* A MAP as a dma-buf, as devices and kernel drivers use it. */
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/iosys-map.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/vmalloc.h>

#include <xen/dmabuf-backing.h>

#include "compat.h"
#include "lease.h"
#include "map.h"
#include "map-attach.h"
#include "map-dmabuf.h"
#include "map-mmap.h"
#include "map-sgt.h"

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
	 * The dma-buf core warns, once, when vmap fails.  So a revoked map can be
	 * vmapped until it has ended: some importers vmap for each frame.
	 */
	if (map->ended) {
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
	.attach = xdb_map_attach,
	.detach = xdb_map_detach,
	.pin = xdb_map_pin,
	.unpin = xdb_map_unpin,
	.map_dma_buf = xdb_map_map_dma,
	.unmap_dma_buf = xdb_map_unmap_dma,
	.begin_cpu_access = op_begin_cpu_access,
	.end_cpu_access = op_end_cpu_access,
	.mmap = xdb_map_mmap,
	.vmap = op_vmap,
	.vunmap = op_vunmap,
	.release = op_release,
};

/*
 * Read-only: no vmap, which would allow writing, and no pin.  In Linux 6.1 and
 * 6.12, the dma-buf core maps in both directions when a static importer attaches
 * to a dma-buf with a pin, or a dynamic one to a dma-buf without.  The importers
 * that only read are static.
 */
static const struct dma_buf_ops ro_ops = {
	.attach = xdb_map_attach,
	.detach = xdb_map_detach,
	.map_dma_buf = xdb_map_map_dma,
	.unmap_dma_buf = xdb_map_unmap_dma,
	.begin_cpu_access = op_begin_cpu_access,
	.end_cpu_access = op_end_cpu_access,
	.mmap = xdb_map_mmap,
	.release = op_release,
};

/*
 * Revocable: no vmap, whose users cannot be told to stop.  There may be a pin,
 * as static importers cannot attach.  Read-only for trusted devices: no vmap,
 * and a pin, as all importers may map in both directions.
 */
static const struct dma_buf_ops no_vmap_ops = {
	.attach = xdb_map_attach,
	.detach = xdb_map_detach,
	.pin = xdb_map_pin,
	.unpin = xdb_map_unpin,
	.map_dma_buf = xdb_map_map_dma,
	.unmap_dma_buf = xdb_map_unmap_dma,
	.begin_cpu_access = op_begin_cpu_access,
	.end_cpu_access = op_end_cpu_access,
	.mmap = xdb_map_mmap,
	.release = op_release,
};

static const struct dma_buf_ops *choose_ops(struct xdb_map *map)
{
	if (map->revocable || map->trusts_devices)
		return &no_vmap_ops;
	return map->lease.rdonly ? &ro_ops : &rw_ops;
}

bool xdb_is_map(struct dma_buf *dmabuf)
{
	return dmabuf->ops == &rw_ops || dmabuf->ops == &ro_ops ||
	       dmabuf->ops == &no_vmap_ops;
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

	snprintf(map->name, sizeof(map->name), KBUILD_MODNAME ":%u",
		 map->lease.id);
	exp_info.exp_name = map->name;
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

static struct file *get_file_of_dmabuf(struct xdb_map *map)
{
	lockdep_assert_held(&map->lock);
	/* An attached device or a user mapping holds a reference on it. */
	if (map->attachments || map->mmaps)
		return get_file(map->dmabuf->file);
	return xdb_get_dma_buf_file(map->dmabuf);
}

/**
 * xdb_map_get_file - a new reference on the dma-buf's file
 * @map: a map
 *
 * Return: the file, or -ESTALE as an ERR_PTR if the dma-buf is gone or the map
 * was revoked.
 */
struct file *xdb_map_get_file(struct xdb_map *map)
{
	struct file *file = NULL;

	/* op_release() takes the lock before the dma-buf is freed. */
	mutex_lock(&map->lock);
	if (map->dmabuf && !xdb_map_revoked(map))
		file = get_file_of_dmabuf(map);
	mutex_unlock(&map->lock);
	return file ?: ERR_PTR(-ESTALE);
}
