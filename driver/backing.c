// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page frames from the DMA API whose memory is Xen's: see
 * include/xen/dmabuf-backing.h.
 *
 * Taking the memory back may fail, for the toolstack may have lowered what the
 * domain may have.  The frames then stay here, and it is tried again: a frame
 * without memory never gets back to the kernel.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <xen/features.h>
#include <xen/mem-reservation.h>
#include <xen/page.h>

#include <xen/dmabuf-backing.h>

#include "backing.h"
#include "limits.h"
#include "stats.h"
#include "work.h"

#define RETRY_DELAY msecs_to_jiffies(1000)

struct chunk {
	struct list_head node;
	struct page *page;
	dma_addr_t dma;
	size_t size;
};

/**
 * struct xen_dmabuf_backing - what one allocation holds
 * @node: among those whose memory is still owed to them
 * @chunks: what the DMA API gave
 * @nr: pages
 * @given: pages [0, @given) were given back to Xen
 * @taken: pages [0, @taken) have their memory again
 * @pages: in order
 */
struct xen_dmabuf_backing {
	struct list_head node;
	struct list_head chunks;
	u32 nr;
	u32 given;
	u32 taken;
	struct page *pages[];
};

static struct platform_device *allocator;

/* The allocator's mask, and the frames of one hypercall. */
static DEFINE_MUTEX(backing_lock);
static xen_pfn_t frames[XDB_BATCH];

static LIST_HEAD(owed); /* struct xen_dmabuf_backing, under backing_lock */
static void retry(struct work_struct *work);
static DECLARE_DELAYED_WORK(retry_work, retry);

/**
 * xen_dmabuf_backing_offered - whether this system can do it
 *
 * Only where a device address is a guest frame: not on PV, whose devices see
 * machine frames, and not on Arm, where that is so for foreign pages.
 */
bool xen_dmabuf_backing_offered(void)
{
	return IS_ENABLED(CONFIG_X86) &&
	       xen_feature(XENFEAT_auto_translated_physmap);
}
EXPORT_SYMBOL_GPL(xen_dmabuf_backing_offered);

/* -EAGAIN where a smaller one may be had. */
static int add_chunk(struct xen_dmabuf_backing *backing, u32 nr)
{
	/* High orders are tried for, not fought for. */
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_ZERO |
		    (nr > 1 ? __GFP_NORETRY : 0);
	struct chunk *chunk;
	u32 i;

	chunk = kmalloc(sizeof(*chunk), GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return -ENOMEM;
	chunk->size = (size_t)nr << PAGE_SHIFT;
	chunk->page = dma_alloc_pages(&allocator->dev, chunk->size, &chunk->dma,
				      DMA_BIDIRECTIONAL, gfp);
	if (!chunk->page) {
		kfree(chunk);
		return nr > 1 ? -EAGAIN : -ENOMEM;
	}
	list_add_tail(&chunk->node, &backing->chunks);
	for (i = 0; i < nr; i++)
		backing->pages[backing->nr++] =
			pfn_to_page(page_to_pfn(chunk->page) + i);
	return 0;
}

static int add_chunks(struct xen_dmabuf_backing *backing, u32 nr,
		      bool contiguous)
{
	u32 largest = min_t(u32, SZ_4M >> PAGE_SHIFT, nr);
	int ret = 0;

	if (contiguous)
		return add_chunk(backing, nr) ? -ENOMEM : 0;
	while (backing->nr < nr && !ret) {
		u32 n = rounddown_pow_of_two(min(largest, nr - backing->nr));

		if (fatal_signal_pending(current))
			return -EINTR;
		ret = add_chunk(backing, n);
		if (ret == -EAGAIN) {
			largest = n / 2;
			ret = 0;
		}
	}
	return ret;
}

static void fill_frames(struct xen_dmabuf_backing *backing, u32 start, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		frames[i] = page_to_xen_pfn(backing->pages[start + i]);
}

/* Their memory goes to Xen; what is in them was zeroed by the allocation. */
static int give_back(struct xen_dmabuf_backing *backing)
{
	struct page *page;
	int done;
	u32 i, n;

	lockdep_assert_held(&backing_lock);
	while (backing->given < backing->nr) {
		n = min(backing->nr - backing->given, XDB_BATCH);
		fill_frames(backing, backing->given, n);
		done = xenmem_reservation_decrease(n, frames);
		xdb_stat_add(XDB_STAT_HYPERCALLS, 1);
		if (done <= 0)
			return -ENOMEM;
		for (i = 0; i < done; i++) {
			page = backing->pages[backing->given++];
			__SetPageOffline(page);
			SetPagePrivate(page);
		}
		cond_resched();
	}
	return 0;
}

/* And is taken again; false if Xen has none to give now. */
static bool take_again(struct xen_dmabuf_backing *backing)
{
	struct page *page;
	int done;
	u32 i, n;

	lockdep_assert_held(&backing_lock);
	while (backing->taken < backing->given) {
		n = min(backing->given - backing->taken, XDB_BATCH);
		fill_frames(backing, backing->taken, n);
		done = xenmem_reservation_increase(n, frames);
		xdb_stat_add(XDB_STAT_HYPERCALLS, 1);
		if (done <= 0)
			return false;
		for (i = 0; i < done; i++) {
			page = backing->pages[backing->taken++];
			__ClearPageOffline(page);
			ClearPagePrivate(page);
			set_page_private(page, 0);
		}
		cond_resched();
	}
	return true;
}

static void free_frames(struct xen_dmabuf_backing *backing)
{
	struct chunk *chunk, *tmp;

	list_for_each_entry_safe(chunk, tmp, &backing->chunks, node) {
		dma_free_pages(&allocator->dev, chunk->size, chunk->page,
			       chunk->dma, DMA_BIDIRECTIONAL);
		kfree(chunk);
	}
	kvfree(backing);
}

/* Free it now, or see to it that it is tried again. */
static void settle(struct xen_dmabuf_backing *backing)
{
	lockdep_assert_held(&backing_lock);
	if (take_again(backing)) {
		free_frames(backing);
		return;
	}
	pr_warn_ratelimited(
		"Xen has no memory for %u pages that go back to the kernel: kept, and tried again\n",
		backing->given - backing->taken);
	list_add_tail(&backing->node, &owed);
	__module_get(THIS_MODULE);
	queue_delayed_work(xdb_wq, &retry_work, RETRY_DELAY);
}

static void retry(struct work_struct *work)
{
	struct xen_dmabuf_backing *backing, *tmp;

	mutex_lock(&backing_lock);
	list_for_each_entry_safe(backing, tmp, &owed, node) {
		if (!take_again(backing))
			continue;
		list_del(&backing->node);
		free_frames(backing);
		module_put(THIS_MODULE);
	}
	if (!list_empty(&owed))
		queue_delayed_work(xdb_wq, &retry_work, RETRY_DELAY);
	mutex_unlock(&backing_lock);
}

/**
 * xen_dmabuf_backing_alloc - frames to map foreign pages over
 * @nr_pages: how many, at most 65535
 * @dma_bits: every frame lies below 1 << @dma_bits; 13 to 64
 * @contiguous: all frames in a row.  Without a CMA area the page allocator's
 *	largest order is the limit, 4 MiB as a rule
 *
 * May sleep.  The frames have no memory behind them: they may be grant-mapped
 * over, each by its kernel linear address, and must be unmapped again before
 * xen_dmabuf_backing_free().
 *
 * Returns the backing or an ERR_PTR: -EOPNOTSUPP not on this system, see
 * xen_dmabuf_backing_offered(); -EINVAL an argument is out of range; -ENOMEM no
 * such frames, or Xen did not take the memory; -EINTR the task was killed.
 */
struct xen_dmabuf_backing *xen_dmabuf_backing_alloc(unsigned int nr_pages,
						    unsigned int dma_bits,
						    bool contiguous)
{
	struct xen_dmabuf_backing *backing;
	int ret;

	if (!xen_dmabuf_backing_offered())
		return ERR_PTR(-EOPNOTSUPP);
	if (!nr_pages || nr_pages > XDB_MAX_PAGES || dma_bits <= PAGE_SHIFT ||
	    dma_bits > 64)
		return ERR_PTR(-EINVAL);
	backing = kvzalloc(struct_size(backing, pages, nr_pages),
			   GFP_KERNEL_ACCOUNT);
	if (!backing)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&backing->chunks);

	mutex_lock(&backing_lock);
	ret = dma_set_coherent_mask(&allocator->dev, DMA_BIT_MASK(dma_bits));
	if (ret)
		ret = -ENOMEM; /* the DMA layer reaches no frame that low */
	else
		ret = add_chunks(backing, nr_pages, contiguous);
	if (!ret)
		ret = give_back(backing);
	if (ret)
		settle(backing);
	mutex_unlock(&backing_lock);
	return ret ? ERR_PTR(ret) : backing;
}
EXPORT_SYMBOL_GPL(xen_dmabuf_backing_alloc);

/** xen_dmabuf_backing_pages - the frames' struct pages, in order */
struct page **xen_dmabuf_backing_pages(struct xen_dmabuf_backing *backing)
{
	return backing->pages;
}
EXPORT_SYMBOL_GPL(xen_dmabuf_backing_pages);

/**
 * xen_dmabuf_backing_free - give the frames back to the kernel
 * @backing: nothing is mapped over it any more
 *
 * Takes memory from Xen for them first.  Where that fails the frames are kept
 * and it is tried again every second, until it works; that pins the module.
 * May sleep.
 */
void xen_dmabuf_backing_free(struct xen_dmabuf_backing *backing)
{
	mutex_lock(&backing_lock);
	settle(backing);
	mutex_unlock(&backing_lock);
}
EXPORT_SYMBOL_GPL(xen_dmabuf_backing_free);

unsigned int xdb_backing_owed(void)
{
	struct xen_dmabuf_backing *backing;
	unsigned int n = 0;

	mutex_lock(&backing_lock);
	list_for_each_entry(backing, &owed, node)
		n += backing->given - backing->taken;
	mutex_unlock(&backing_lock);
	return n;
}

int xdb_backing_init(void)
{
	allocator = platform_device_register_simple(
		"xen-dmabuf-backing", PLATFORM_DEVID_NONE, NULL, 0);
	return PTR_ERR_OR_ZERO(allocator);
}

/* Nothing is owed, or the module would be held; but the timer may still run. */
void xdb_backing_exit(void)
{
	cancel_delayed_work_sync(&retry_work);
	platform_device_unregister(allocator);
}
