// SPDX-License-Identifier: GPL-2.0-only
/* The call MAP: checks arguments, makes the map, its dma-buf and its lease. */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include <xen/features.h>
#include <xen/grant_table.h>

#include <xen/dmabuf.h>
#include <xen/dmabuf-backing.h>

#include "account.h"
#include "arena.h"
#include "compat.h"
#include "domain.h"
#include "file.h"
#include "ioctl.h"
#include "lease.h"
#include "lease-file.h"
#include "limits.h"
#include "map.h"
#include "map-attach.h"
#include "map-call.h"
#include "map-dmabuf.h"
#include "map-mmap.h"
#include "stats.h"

static struct xdb_map *to_map(struct xdb_lease *lease)
{
	return container_of(lease, struct xdb_map, lease);
}

static void map_revoke(struct xdb_lease *lease)
{
	struct xdb_map *map = to_map(lease);

	xdb_map_zap(map);
	xdb_map_end_soon(map);
}

static void map_info(struct xdb_lease *lease,
		     struct xen_dmabuf_lease_info *info)
{
	struct xdb_map *map = to_map(lease);

	mutex_lock(&map->lock);
	info->pages_in_use = map->mapped;
	info->attachments = map->attachments;
	info->pinned = xdb_map_count_pinned(map);
	info->mmaps = map->mmaps;
	info->vmaps = map->vmapped;
	info->dmabufs = !!map->dmabuf;
	mutex_unlock(&map->lock);
}

static void map_free(struct xdb_lease *lease)
{
	struct xdb_map *map = to_map(lease);

	mutex_destroy(&map->lock);
	kvfree(map->handles);
	kvfree(map->refs);
	kfree(map);
}

static struct file *map_get_dmabuf(struct xdb_lease *lease)
{
	return xdb_map_get_file(to_map(lease));
}

#ifdef CONFIG_DEBUG_FS
static void map_show_importers(struct xdb_lease *lease, struct seq_file *m)
{
	xdb_map_show_importers(to_map(lease), m);
}
#endif

static const struct xdb_lease_ops map_lease_ops = {
	.kind = XEN_DMABUF_LEASE_MAP,
	.revoke = map_revoke,
	.info = map_info,
	.get_dmabuf = map_get_dmabuf,
#ifdef CONFIG_DEBUG_FS
	.show_importers = map_show_importers,
#endif
	.free = map_free,
};

/* Work of struct xdb_map: tells importers to let go, and retries the end. */
static void map_end_work(struct work_struct *work)
{
	struct xdb_map *map =
		container_of(to_delayed_work(work), struct xdb_map, work);

	if (xdb_map_revoked(map))
		xdb_map_tell_importers(map);
	xdb_map_end(map);
	xdb_lease_put(&map->lease);
}

/* Allocate the page frames that the foreign pages are mapped into. */
static int alloc_frames(struct xdb_map *map, const struct xen_dmabuf_map *args)
{
	bool contiguous = args->flags & XEN_DMABUF_MAP_CONTIGUOUS;
	struct xen_dmabuf_backing *backing;

	if (!contiguous && !args->dma_bits) {
		map->range = xdb_arena_alloc(args->nr_refs);
		if (!map->range)
			return -ENOMEM;
		map->pages = map->range->pages;
		return 0;
	}
	backing = xen_dmabuf_backing_alloc(args->nr_refs, args->dma_bits ?: 64,
					   contiguous);
	if (IS_ERR(backing))
		return PTR_ERR(backing);
	map->backing = backing;
	map->pages = xen_dmabuf_backing_pages(backing);
	return 0;
}

/* End a map that has no dma-buf; the caller must not use it any more. */
static void undo_map(struct xdb_map *map)
{
	/* Its first reference is gone once it has ended, here or in a work. */
	xdb_lease_get(&map->lease);
	xdb_map_end(map);
	xdb_lease_put(&map->lease);
}

/* Make an empty map, with its pages charged; undo_map() undoes it. */
static struct xdb_map *new_map(struct xdb_account *file,
			       const struct xen_dmabuf_map *args)
{
	bool rdonly = args->flags & XEN_DMABUF_MAP_RDONLY;
	u32 i, nr = args->nr_refs;
	struct xdb_map *map;
	int ret;

	map = kzalloc_obj(*map, GFP_KERNEL_ACCOUNT);
	if (!map)
		return ERR_PTR(-ENOMEM);
	mutex_init(&map->lock);
	INIT_LIST_HEAD(&map->attached);
	INIT_LIST_HEAD(&map->sgts);
	INIT_LIST_HEAD(&map->user_mappings);
	INIT_DELAYED_WORK(&map->work, map_end_work);
	ret = xdb_lease_init(&map->lease, &map_lease_ops, file, args->domid, nr,
			     rdonly);
	if (ret) {
		kfree(map);
		return ERR_PTR(ret);
	}

	ret = xdb_charge(&map->lease.payers, XDB_POOL_MAPPED, nr);
	if (ret)
		goto err;
	map->charged = nr;
	map->revocable = args->flags & XEN_DMABUF_MAP_REVOCABLE;
	map->trusts_devices = args->flags & XEN_DMABUF_MAP_TRUST_DEVICES;

	ret = -ENOMEM;
	map->handles =
		kvmalloc_array(nr, sizeof(*map->handles), GFP_KERNEL_ACCOUNT);
	if (!map->handles)
		goto err;
	for (i = 0; i < nr; i++)
		map->handles[i] = INVALID_GRANT_HANDLE;
	ret = alloc_frames(map, args);
	if (ret)
		goto err;
	return map;

err:
	undo_map(map);
	return ERR_PTR(ret);
}

/* Check the arguments: 0 or a negative error. */
int xdb_map_check(const struct xen_dmabuf_map *args)
{
	u32 bits = args->dma_bits;

	if (args->flags &
	    ~(XEN_DMABUF_MAP_RDONLY | XEN_DMABUF_MAP_CONTIGUOUS |
	      XEN_DMABUF_MAP_REVOCABLE | XEN_DMABUF_MAP_TRUST_DEVICES))
		return -EOPNOTSUPP;
	if ((args->flags & XEN_DMABUF_MAP_CONTIGUOUS || bits) &&
	    !xen_dmabuf_backing_offered())
		return -EOPNOTSUPP;
	if (!args->nr_refs || (bits && (bits <= PAGE_SHIFT || bits > 64)))
		return -EINVAL;
	if (args->flags & XEN_DMABUF_MAP_TRUST_DEVICES &&
	    !(args->flags & XEN_DMABUF_MAP_RDONLY))
		return -EINVAL;
	if (args->nr_refs > xdb_max_pages())
		return -EFBIG;
	return xdb_peer_valid(args->domid);
}

/* The first references of each domain are for its console and xenstore. */
static int check_refs(const u32 *refs, u32 nr, u32 *bad_ref)
{
	u32 i;

	BUILD_BUG_ON(XEN_DMABUF_RESERVED_REFS != GNTTAB_NR_RESERVED_ENTRIES);
	for (i = 0; i < nr; i++) {
		if (refs[i] < XEN_DMABUF_RESERVED_REFS) {
			*bad_ref = i;
			return -EBADR;
		}
	}
	return 0;
}

/**
 * xdb_map_create - map references and export them as a dma-buf
 * @file: the account of the open file, NULL for another kernel module
 * @args: checked with xdb_map_check(); @args->bad_ref is set after an error
 *	that concerns one reference
 * @refs: the driver's copy of the references; taken over, also after an error
 *
 * The caller gets the reference on the map's dma-buf.  The map ends when the
 * dma-buf is released.
 *
 * Return: the map or an ERR_PTR.
 */
struct xdb_map *xdb_map_create(struct xdb_account *file,
			       struct xen_dmabuf_map *args, u32 *refs)
{
	struct dma_buf *dmabuf;
	struct xdb_map *map;
	int ret;

	ret = check_refs(refs, args->nr_refs, &args->bad_ref);
	map = ret ? ERR_PTR(ret) : new_map(file, args);
	if (IS_ERR(map)) {
		kvfree(refs);
		return map;
	}
	ret = xdb_map_pages(map, refs, &args->bad_ref);
	/* In a PV domain each user mapping maps the references again. */
	if (!ret && !xen_feature(XENFEAT_auto_translated_physmap))
		map->refs = refs;
	else
		kvfree(refs);
	if (ret)
		goto err;
	dmabuf = xdb_map_export(map);
	if (IS_ERR(dmabuf)) {
		ret = PTR_ERR(dmabuf);
		goto err;
	}
	xdb_stat_add(XDB_STAT_MAPS, 1);
	return map;

err:
	undo_map(map);
	return ERR_PTR(ret);
}

long xdb_ioctl_map(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_map *args = arg;
	struct xdb_map *map;
	u32 *refs;
	long ret;

	args->bad_ref = 0;
	ret = xdb_map_check(args);
	if (ret)
		return ret;
	ret = xdb_file_may(context, XEN_DMABUF_MAY_MAP, args->domid);
	if (ret)
		return ret;
	if (args->flags & XEN_DMABUF_MAP_TRUST_DEVICES &&
	    !capable(CAP_SYS_ADMIN))
		return -EPERM;

	refs = kvmalloc_array(args->nr_refs, sizeof(*refs), GFP_KERNEL_ACCOUNT);
	if (!refs)
		return -ENOMEM;
	if (copy_from_user(refs, u64_to_user_ptr(args->refs),
			   array_size(args->nr_refs, sizeof(*refs)))) {
		kvfree(refs);
		return -EFAULT;
	}
	map = xdb_map_create(xdb_file_account(context), args, refs);
	if (IS_ERR(map))
		return PTR_ERR(map);

	args->lease_id = map->lease.id;
	args->lease_fd = xdb_fds_add(fds, xdb_lease_file(&map->lease));
	args->dmabuf_fd = xdb_fds_add(fds, map->dmabuf->file);
	if (args->dmabuf_fd < 0)
		return args->dmabuf_fd;
	if (args->lease_fd < 0)
		return args->lease_fd;
	return 0;
}
