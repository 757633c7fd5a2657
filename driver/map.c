// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP: foreign pages, from the references to the last unmap.
 *
 * The pages sit in the linear map.  On PV that makes a kernel mapping which
 * every user of the dma-buf may count on for as long as the map lasts; user
 * mappings and DMA come on top of it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <xen/grant_table.h>

#include <xen/dmabuf.h>
#include <xen/dmabuf-backing.h>

#include "account.h"
#include "arena.h"
#include "compat.h"
#include "lease.h"
#include "limits.h"
#include "map.h"
#include "stats.h"
#include "work.h"

#define MIN_DELAY msecs_to_jiffies(10)
#define MAX_DELAY msecs_to_jiffies(1000)

/*
 * Operations of one hypercall.  For an auto-translated domain Xen walks the page
 * tables twice for each of them, and large pages save a level: the linear map
 * has these, but not where modules' code was write-protected, among memory that
 * is unmovable as well.  What is said to be short-lived lies elsewhere.
 */
#define OPS_GFP (GFP_KERNEL | __GFP_RECLAIMABLE)

struct map_batch {
	struct gnttab_map_grant_ref *ops;
	struct page **pages;
};

struct unmap_batch {
	struct gnttab_unmap_grant_ref *ops;
	struct page **pages;
};

/* Letting go must not fail for want of memory. */
static struct {
	struct mutex lock;
	struct gnttab_unmap_grant_ref ops[XDB_BATCH];
	struct page *pages[XDB_BATCH];
} spare = {
	.lock = __MUTEX_INITIALIZER(spare.lock),
};

static void get_unmap_batch(struct unmap_batch *batch, u32 nr)
{
	u32 n = min(nr, XDB_BATCH);

	batch->ops = kmalloc_array(n, sizeof(*batch->ops),
				   OPS_GFP | __GFP_NOWARN | __GFP_NORETRY);
	batch->pages = kmalloc_array(n, sizeof(*batch->pages),
				     OPS_GFP | __GFP_NOWARN | __GFP_NORETRY);
	if (batch->ops && batch->pages)
		return;
	kfree(batch->ops);
	kfree(batch->pages);
	mutex_lock(&spare.lock);
	batch->ops = spare.ops;
	batch->pages = spare.pages;
}

static void put_unmap_batch(struct unmap_batch *batch)
{
	if (batch->ops == spare.ops) {
		mutex_unlock(&spare.lock);
		return;
	}
	kfree(batch->ops);
	kfree(batch->pages);
}

static unsigned long linear_address(struct xdb_map *map, u32 i)
{
	return (unsigned long)page_address(xdb_map_page(map, i));
}

static int status_to_errno(s16 status)
{
	switch (status) {
	case GNTST_okay:
		return 0;
	case GNTST_bad_domain:
		return -ESRCH;
	case GNTST_no_device_space:
	case GNTST_no_space:
		return -ENOSPC;
	case GNTST_bad_page:
	case GNTST_eagain:
		return -EIO;
	default:
		return -EACCES;
	}
}

/* Map one batch; @bad_ref is set with the error of the first that fails. */
static int map_batch(struct xdb_map *map, struct map_batch *batch,
		     const u32 *refs, u32 start, u32 nr, u32 *bad_ref)
{
	u32 flags = GNTMAP_host_map;
	int ret, err = 0;
	u32 i;

	if (map->lease.rdonly)
		flags |= GNTMAP_readonly;
	for (i = 0; i < nr; i++) {
		gnttab_set_map_op(&batch->ops[i],
				  linear_address(map, start + i), flags,
				  refs[start + i], map->lease.domid);
		/* What the hypercall does not get to is not mapped. */
		batch->ops[i].status = GNTST_general_error;
		batch->pages[i] = xdb_map_page(map, start + i);
	}
	ret = gnttab_map_refs(batch->ops, NULL, batch->pages, nr);
	xdb_stat_add(XDB_STAT_HYPERCALLS, 1);

	for (i = 0; i < nr; i++) {
		if (batch->ops[i].status == GNTST_okay) {
			map->handles[start + i] = batch->ops[i].handle;
			map->mapped++;
		} else if (!err) {
			err = status_to_errno(batch->ops[i].status);
			*bad_ref = start + i;
		}
	}
	return err ?: ret;
}

/* Map every page; @bad_ref is set with an error of Xen's.  xdb_map_end() undoes. */
int xdb_map_pages(struct xdb_map *map, const u32 *refs, u32 *bad_ref)
{
	u32 nr = map->lease.nr_pages;
	u32 start, n = min(nr, XDB_BATCH);
	struct map_batch batch = {
		.ops = kvmalloc_array(n, sizeof(*batch.ops), OPS_GFP),
		.pages = kvmalloc_array(n, sizeof(*batch.pages), OPS_GFP),
	};
	int ret = 0;

	if (!batch.ops || !batch.pages)
		ret = -ENOMEM;
	for (start = 0; start < nr && !ret; start += n) {
		n = min(nr - start, XDB_BATCH);
		if (signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		ret = map_batch(map, &batch, refs, start, n, bad_ref);
		cond_resched();
	}
	kvfree(batch.ops);
	kvfree(batch.pages);
	return ret;
}

/* The next page from @i on that is mapped, or the end. */
static u32 next_mapped(struct xdb_map *map, u32 i)
{
	while (i < map->lease.nr_pages &&
	       map->handles[i] == INVALID_GRANT_HANDLE)
		i++;
	return i;
}

/* Unmap the next XDB_BATCH that are mapped, from @start on; where it ended. */
static u32 unmap_batch(struct xdb_map *map, struct unmap_batch *batch,
		       u32 start)
{
	u32 i, k, n = 0;
	int ret;

	for (i = next_mapped(map, start);
	     i < map->lease.nr_pages && n < XDB_BATCH;
	     i = next_mapped(map, i + 1)) {
		gnttab_set_unmap_op(&batch->ops[n], linear_address(map, i),
				    GNTMAP_host_map, map->handles[i]);
		batch->ops[n].status = GNTST_general_error;
		batch->pages[n++] = xdb_map_page(map, i);
	}
	if (!n)
		return i;
	ret = gnttab_unmap_refs(batch->ops, NULL, batch->pages, n);
	xdb_stat_add(XDB_STAT_HYPERCALLS, 1);

	for (k = 0, i = start; k < n; k++, i++) {
		i = next_mapped(map, i);
		map->handles[i] = INVALID_GRANT_HANDLE;
		if (batch->ops[k].status == GNTST_okay) {
			map->mapped--;
			continue;
		}
		pr_warn_ratelimited(
			"Xen does not unmap a page of domain %u (status %d, %d): leaked\n",
			map->lease.domid, batch->ops[k].status, ret);
		map->stuck++;
		xdb_stat_add(XDB_STAT_PAGES_LEAKED, 1);
	}
	return i;
}

/* Unmap everything that is mapped; what Xen refuses to unmap is stuck. */
static void unmap_pages(struct xdb_map *map)
{
	struct unmap_batch batch;
	u32 i = 0;

	lockdep_assert_held(&map->lock);
	if (map->mapped == map->stuck)
		return;
	get_unmap_batch(&batch, map->lease.nr_pages);
	while (map->mapped > map->stuck && i < map->lease.nr_pages) {
		i = unmap_batch(map, &batch, i);
		cond_resched();
	}
	put_unmap_batch(&batch);
}

/* Somebody still holds a page although no user is left that we know of. */
static bool pages_referenced(struct xdb_map *map)
{
	u32 i;

	for (i = 0; i < map->lease.nr_pages; i++)
		if (page_count(xdb_map_page(map, i)) > 1)
			return true;
	return false;
}

/* The dma-buf with a reference of the caller's, if a device is attached. */
struct dma_buf *xdb_map_get_attached(struct xdb_map *map)
{
	struct dma_buf *dmabuf = NULL;

	mutex_lock(&map->lock);
	/* An attached device holds the dma-buf. */
	if (map->dmabuf && map->attachments) {
		dmabuf = map->dmabuf;
		get_dma_buf(dmabuf);
	}
	mutex_unlock(&map->lock);
	return dmabuf;
}

/* Ask dynamic importers to let go, without the lock as they call back. */
static void notify_importers(struct xdb_map *map)
{
	struct dma_buf *dmabuf = xdb_map_get_attached(map);

	if (!dmabuf)
		return;
	dma_resv_lock(dmabuf->resv, NULL);
	xdb_invalidate_mappings(dmabuf);
	dma_resv_unlock(dmabuf->resv);
	dma_buf_put(dmabuf);
}

/* Each queued work holds the map. */
static void queue_end(struct xdb_map *map, unsigned long delay)
{
	xdb_lease_get(&map->lease);
	if (mod_delayed_work(xdb_wq, &map->work, delay))
		xdb_lease_put(&map->lease);
}

/* For whoever ends a use of a revoked map, from any context. */
void xdb_map_end_soon(struct xdb_map *map)
{
	queue_end(map, 0);
}

/**
 * xdb_map_end - unmap if nobody uses the map any more
 * @map: with a reference of the caller's
 *
 * Does nothing while the dma-buf is there and user mappings were not taken away,
 * or while somebody uses it who cannot be told to stop: whoever ends such a use
 * calls again.  REVOKED alone is too early: everybody sees it before the user
 * mappings go.
 */
void xdb_map_end(struct xdb_map *map)
{
	bool returned = false;

	mutex_lock(&map->lock);
	if (map->ended || (map->dmabuf && !map->zapped))
		goto out;
	if (map->pinned || map->vmapped || !list_empty(&map->sgts))
		goto out;

	if (map->mapped &&
	    ((map->attachments && map->dmabuf &&
	      !dma_resv_test_signaled(map->dmabuf->resv,
				      DMA_RESV_USAGE_BOOKKEEP)) ||
	     pages_referenced(map))) {
		map->delay = clamp(map->delay * 2, MIN_DELAY, MAX_DELAY);
		queue_end(map, map->delay);
		goto out;
	}
	unmap_pages(map);
	map->ended = true;
	if (map->stuck)
		goto out;

	if (map->range)
		xdb_arena_free(map->range);
	if (map->backing)
		xen_dmabuf_backing_free(map->backing);
	map->range = NULL;
	map->backing = NULL;
	xdb_uncharge(&map->lease.payers, XDB_POOL_MAPPED, map->charged);
	xdb_lease_advance(&map->lease, XEN_DMABUF_LEASE_RETURNED);
	returned = true;
out:
	mutex_unlock(&map->lock);
	/* The reference that the way to RETURNED held. */
	if (returned)
		xdb_lease_put(&map->lease);
}

void xdb_map_work(struct work_struct *work)
{
	struct xdb_map *map =
		container_of(to_delayed_work(work), struct xdb_map, work);

	if (xdb_map_revoked(map))
		notify_importers(map);
	xdb_map_end(map);
	xdb_lease_put(&map->lease);
}
