// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP: foreign pages, from mapping them to the last unmap.
 *
 * The pages are mapped into the kernel's linear map.  In a PV domain that makes
 * a kernel mapping, which users of the dma-buf can rely on as long as the map
 * exists.  User mappings and DMA are made in addition.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/container_of.h>
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
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
#include "lease.h"
#include "limits.h"
#include "map.h"
#include "stats.h"
#include "trace.h"
#include "work.h"

#define MIN_DELAY msecs_to_jiffies(10)
#define MAX_DELAY msecs_to_jiffies(1000)

/*
 * How to allocate the operations of a hypercall.  For an auto-translated
 * domain, Xen walks the page tables twice for each operation, one level less in
 * large pages.  The linear map has large pages, except where it was split to
 * write-protect the code of modules, which lies among unmovable memory.
 * Reclaimable memory lies elsewhere.
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

/* For unmapping when memory is short, since that must not fail. */
static struct {
	struct mutex lock;
	struct gnttab_unmap_grant_ref ops[XDB_BATCH];
	struct page *pages[XDB_BATCH];
} spare_batch = {
	.lock = __MUTEX_INITIALIZER(spare_batch.lock),
};

static void get_unmap_batch(struct unmap_batch *batch, u32 nr)
{
	u32 n = min(nr, XDB_BATCH);

	/* The pages follow the operations. */
	batch->ops = kmalloc_array(n,
				   sizeof(*batch->ops) + sizeof(*batch->pages),
				   OPS_GFP | __GFP_NOWARN | __GFP_NORETRY);
	batch->pages = (struct page **)(batch->ops + n);
	if (batch->ops)
		return;
	mutex_lock(&spare_batch.lock);
	batch->ops = spare_batch.ops;
	batch->pages = spare_batch.pages;
}

static void put_unmap_batch(struct unmap_batch *batch)
{
	if (batch->ops == spare_batch.ops) {
		mutex_unlock(&spare_batch.lock);
		return;
	}
	kfree(batch->ops);
}

static unsigned long linear_address(struct xdb_map *map, u32 i)
{
	return (unsigned long)page_address(xdb_map_page(map, i));
}

/* In gnttab_map_grant_ref.dev_bus_addr until Xen maps the page. */
#define NO_ADDRESS U64_MAX

/*
 * Why a page is not mapped.  If the kernel has no memory for its own p2m entry,
 * it unmaps what Xen has mapped, with the status that Xen has for a reference
 * that does not exist.
 */
static int op_to_errno(const struct gnttab_map_grant_ref *op)
{
	switch (op->status) {
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
		return op->dev_bus_addr == NO_ADDRESS ? -EACCES : -ENOMEM;
	}
}

/* Map one batch; after an error @bad_ref is the first reference that failed. */
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
		/* Stays, if the hypercall does not get this far. */
		batch->ops[i].status = GNTST_general_error;
		batch->ops[i].dev_bus_addr = NO_ADDRESS;
		batch->pages[i] = xdb_map_page(map, start + i);
	}
	ret = gnttab_map_refs(batch->ops, NULL, batch->pages, nr);
	xdb_stat_add(XDB_STAT_HYPERCALLS, 1);

	for (i = 0; i < nr; i++) {
		if (batch->ops[i].status == GNTST_okay) {
			map->handles[start + i] = batch->ops[i].handle;
			map->mapped++;
			continue;
		}
		/* The kernel may have set it before it undid the mapping. */
		ClearPageForeign(batch->pages[i]);
		if (!err) {
			err = op_to_errno(&batch->ops[i]);
			*bad_ref = start + i;
		}
	}
	return err ?: ret;
}

/**
 * xdb_map_pages - map every page
 * @map: empty; xdb_map_end() unmaps what was mapped, also after an error
 * @refs: a reference for each page
 * @bad_ref: after an error of Xen's, the index of the first reference that
 *	failed
 *
 * Only a signal that ends the process interrupts: a timer's, or the task work of
 * io_uring, would come again before a large map is made.
 *
 * Return: 0 or a negative error.
 */
int xdb_map_pages(struct xdb_map *map, const u32 *refs, u32 *bad_ref)
{
	u32 nr = map->lease.nr_pages;
	u32 start, n = min(nr, XDB_BATCH);
	struct map_batch batch;
	int ret = 0;

	/* The pages follow the operations. */
	batch.ops = kvmalloc_array(n, sizeof(*batch.ops) + sizeof(*batch.pages),
				   OPS_GFP);
	if (!batch.ops)
		return -ENOMEM;
	batch.pages = (struct page **)(batch.ops + n);
	for (start = 0; start < nr && !ret; start += n) {
		n = min(nr - start, XDB_BATCH);
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		ret = map_batch(map, &batch, refs, start, n, bad_ref);
		cond_resched();
	}
	kvfree(batch.ops);
	return ret;
}

/* The first mapped page from @i on, or the number of pages if there is none. */
static u32 find_next_mapped(struct xdb_map *map, u32 i)
{
	while (i < map->lease.nr_pages &&
	       map->handles[i] == INVALID_GRANT_HANDLE)
		i++;
	return i;
}

/* Unmap up to XDB_BATCH mapped pages from @start on; returns where it ended. */
static u32 unmap_batch(struct xdb_map *map, struct unmap_batch *batch,
		       u32 start)
{
	u32 i, k, n = 0;
	int ret;

	for (i = find_next_mapped(map, start);
	     i < map->lease.nr_pages && n < XDB_BATCH;
	     i = find_next_mapped(map, i + 1)) {
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
		i = find_next_mapped(map, i);
		map->handles[i] = INVALID_GRANT_HANDLE;
		if (batch->ops[k].status == GNTST_okay) {
			map->mapped--;
			continue;
		}
		pr_warn_ratelimited(
			"Xen refused to unmap a page of domain %u (status %d, error %d): page leaked\n",
			map->lease.domid, batch->ops[k].status, ret);
		trace_xen_dmabuf_stuck_page(map->lease.id, map->lease.domid, i,
					    batch->ops[k].status);
		map->stuck++;
		xdb_stat_add(XDB_STAT_PAGES_LEAKED, 1);
	}
	return i;
}

/* Unmap all pages; those that Xen refuses to unmap are counted as stuck. */
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

/* Whether a page has references beside the driver's own: it may be in use. */
static bool pages_referenced(struct xdb_map *map)
{
	u32 i;

	for (i = 0; i < map->lease.nr_pages; i++)
		if (page_count(xdb_map_page(map, i)) > 1)
			return true;
	return false;
}

/* The dma-buf, with a reference for the caller, or NULL without attachments. */
struct dma_buf *xdb_map_get_attached(struct xdb_map *map)
{
	struct dma_buf *dmabuf = NULL;

	mutex_lock(&map->lock);
	/* An attached device holds a reference on the dma-buf. */
	if (map->dmabuf && map->attachments) {
		dmabuf = map->dmabuf;
		get_dma_buf(dmabuf);
	}
	mutex_unlock(&map->lock);
	return dmabuf;
}

/* Queued work holds a reference on the map. */
static void queue_end(struct xdb_map *map, unsigned long delay)
{
	xdb_lease_get(&map->lease);
	/* Importers that are told to let go may take long. */
	if (mod_delayed_work(xdb_foreign_wq, &map->work, delay))
		xdb_lease_put(&map->lease);
}

/* To be called when a use of a revoked map has ended, from any context. */
void xdb_map_end_soon(struct xdb_map *map)
{
	queue_end(map, 0);
}

static void on_fences_signalled(struct dma_fence *fence,
				struct dma_fence_cb *cb)
{
	xdb_map_end_soon(container_of(cb, struct xdb_map, fences_cb));
}

/*
 * Note the fences of work that importers began before they unmapped.  Anybody who
 * has the dma-buf may add others at any time, and they must not hold the map.
 */
static int note_fences(struct xdb_map *map)
{
	int ret;

	if (map->fences_noted)
		return 0;
	ret = dma_resv_get_singleton(map->dmabuf->resv, DMA_RESV_USAGE_BOOKKEEP,
				     &map->fences);
	if (ret)
		return ret;
	map->fences_noted = true;
	/* This makes the importers' drivers signal them; an error: they have. */
	if (map->fences)
		dma_fence_add_callback(map->fences, &map->fences_cb,
				       on_fences_signalled);
	return 0;
}

static void forget_fences(struct xdb_map *map)
{
	if (!map->fences)
		return;
	/* Afterwards the callback has either been removed or has returned. */
	dma_fence_remove_callback(map->fences, &map->fences_cb);
	dma_fence_put(map->fences);
	map->fences = NULL;
}

static void end_later(struct xdb_map *map)
{
	map->delay = clamp(map->delay * 2, MIN_DELAY, MAX_DELAY);
	queue_end(map, map->delay);
}

/* Whether the pages may be in use; if so, xdb_map_end() is called again. */
static bool pages_used(struct xdb_map *map)
{
	if (map->attachments && map->dmabuf) {
		if (note_fences(map)) {
			end_later(map);
			return true;
		}
		if (map->fences && !dma_fence_is_signaled(map->fences))
			return true;
	}
	if (!pages_referenced(map))
		return false;
	end_later(map);
	return true;
}

/* Nobody else uses what an ended map has. */
static void return_map(struct xdb_map *map)
{
	if (map->range)
		xdb_arena_free(map->range);
	if (map->backing)
		xen_dmabuf_backing_free(map->backing);
	map->range = NULL;
	map->backing = NULL;
	map->pages = NULL;
	/* The lease may stay open for long, and nothing needs these any more. */
	kvfree(map->handles);
	kvfree(map->refs);
	map->handles = NULL;
	map->refs = NULL;
	xdb_uncharge(&map->lease.payers, XDB_POOL_MAPPED, map->charged);
	xdb_lease_advance(&map->lease, XEN_DMABUF_LEASE_RETURNED);
	/* The lease's first reference, held until it is RETURNED */
	xdb_lease_put(&map->lease);
}

/**
 * xdb_map_end - unmap the pages unless the map is in use
 * @map: the caller holds a reference
 *
 * Does nothing while the dma-buf exists and user mappings have not been
 * removed, or while an importer or kernel driver uses it that cannot be told to
 * stop.  This function is called again when such a use ends.  The state REVOKED
 * does not suffice, as it is set before user mappings are removed.
 */
void xdb_map_end(struct xdb_map *map)
{
	bool returned = false;

	mutex_lock(&map->lock);
	if (map->ended || (map->dmabuf && !map->zapped))
		goto out;
	if (map->nr_static || map->vmapped || !list_empty(&map->sgts))
		goto out;

	if (map->mapped && pages_used(map))
		goto out;
	unmap_pages(map);
	forget_fences(map);
	map->ended = true;
	returned = !map->stuck;
out:
	mutex_unlock(&map->lock);
	/* Without the lock, which page faults take: frames have locks of their own. */
	if (returned)
		return_map(map);
}
