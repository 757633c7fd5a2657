// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page frames from the DMA API, without their memory: see
 * include/xen/dmabuf-backing.h.
 *
 * The memory is returned to Xen, and taken back before the frames are freed.
 * Taking it back fails if the toolstack has lowered the domain's memory
 * meanwhile.  The frames are then kept, and the driver retries: a frame without
 * memory must never be freed to the kernel.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
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
#include "bus.h"
#include "compat.h"
#include "limits.h"
#include "stats.h"
#include "work.h"

#define RETRY_DELAY msecs_to_jiffies(1000)

/**
 * struct chunk - one allocation from the DMA API
 * @node: in the list of a backing
 * @page: its first page
 * @dma: its DMA address
 * @size: its size in bytes
 */
struct chunk {
	struct list_head node;
	struct page *page;
	dma_addr_t dma;
	size_t size;
};

/**
 * struct xen_dmabuf_backing - page frames of one allocation
 * @node: in owed_backings, while Xen owes it memory
 * @dev: for which they were allocated
 * @chunks: what the DMA API allocated
 * @nr: number of pages
 * @given: the memory of pages [0, @given) was returned to Xen
 * @taken: the memory of pages [0, @taken) was taken back from Xen
 * @pages: the pages, in order
 */
struct xen_dmabuf_backing {
	struct list_head node;
	struct device *dev;
	struct list_head chunks;
	u32 nr;
	u32 given;
	u32 taken;
	struct page *pages[];
};

/*
 * The devices to allocate for, by the width of their addresses.  Each is made
 * when it is first needed, and stays: an allocation needs no lock.
 */
static struct platform_device *allocators[65];
static DEFINE_MUTEX(allocators_lock);

/* The frames of one hypercall, which may be made when memory is short */
static xen_pfn_t batch_frames[XDB_BATCH];
static DEFINE_MUTEX(batch_lock);

/* Each struct xen_dmabuf_backing that Xen owes memory, and their frames */
static LIST_HEAD(owed_backings);
static DEFINE_MUTEX(owed_lock);
static atomic_t owed_pages;
static void retry_owed(struct work_struct *work);
static DECLARE_DELAYED_WORK(retry_work, retry_owed);

/**
 * xen_dmabuf_backing_offered - whether this system supports backings
 *
 * They are useful only where device addresses are guest frames.  They are machine
 * frames in a PV domain, and for foreign pages in a direct-mapped Arm domain.
 *
 * Return: true if it does.
 */
bool xen_dmabuf_backing_offered(void)
{
	return !xdb_bus_is_machine() &&
	       xen_feature(XENFEAT_auto_translated_physmap);
}
EXPORT_SYMBOL_GPL(xen_dmabuf_backing_offered);

static struct platform_device *new_allocator(unsigned int dma_bits)
{
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_register_simple("xen-dmabuf-backing", dma_bits,
					       NULL, 0);
	if (IS_ERR(pdev))
		return pdev;
	ret = dma_set_coherent_mask(&pdev->dev, DMA_BIT_MASK(dma_bits));
	if (ret) {
		platform_device_unregister(pdev);
		return ERR_PTR(ret);
	}
	return pdev;
}

/* The device whose addresses have @dma_bits bits; NULL if no frame has those. */
static struct device *get_allocator(unsigned int dma_bits)
{
	struct platform_device *pdev;

	mutex_lock(&allocators_lock);
	pdev = allocators[dma_bits];
	if (!pdev) {
		pdev = new_allocator(dma_bits);
		if (!IS_ERR(pdev))
			allocators[dma_bits] = pdev;
	}
	mutex_unlock(&allocators_lock);
	return IS_ERR(pdev) ? NULL : &pdev->dev;
}

/* Allocate @nr contiguous pages; -EAGAIN if fewer may be available. */
static int add_chunk(struct xen_dmabuf_backing *backing, u32 nr)
{
	/*
	 * For more than one page, fail rather than reclaim memory.  Without
	 * __GFP_ZERO: the DMA API clears the pages anyway.
	 */
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN |
		    (nr > 1 ? __GFP_NORETRY : 0);
	struct chunk *chunk;
	u32 i;

	chunk = kmalloc_obj(*chunk, GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return -ENOMEM;
	chunk->size = (size_t)nr << PAGE_SHIFT;
	chunk->page = dma_alloc_pages(backing->dev, chunk->size, &chunk->dma,
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

/*
 * Let Xen take or give the memory of up to @n pages from @start on.  Returns how
 * many it processed, or a negative error.
 */
static int exchange_batch(struct xen_dmabuf_backing *backing, u32 start, u32 n,
			  int (*exchange)(int count, xen_pfn_t *frames))
{
	int done;
	u32 i;

	mutex_lock(&batch_lock);
	for (i = 0; i < n; i++)
		batch_frames[i] = page_to_xen_pfn(backing->pages[start + i]);
	done = exchange(n, batch_frames);
	mutex_unlock(&batch_lock);
	xdb_stat_add(XDB_STAT_HYPERCALLS, 1);
	return done;
}

/* Return the memory to Xen.  It was cleared when it was allocated. */
static int give_memory_to_xen(struct xen_dmabuf_backing *backing)
{
	struct page *page;
	int done;
	u32 n;

	while (backing->given < backing->nr) {
		n = min(backing->nr - backing->given, XDB_BATCH);
		done = exchange_batch(backing, backing->given, n,
				      xenmem_reservation_decrease);
		if (done <= 0)
			return -ENOMEM;
		for (; done; done--) {
			page = backing->pages[backing->given++];
			__SetPageOffline(page);
			SetPagePrivate(page);
		}
		cond_resched();
	}
	return 0;
}

/* Take the memory back; false if Xen has none now. */
static bool take_memory_back(struct xen_dmabuf_backing *backing)
{
	struct page *page;
	int done;
	u32 n;

	while (backing->taken < backing->given) {
		n = min(backing->given - backing->taken, XDB_BATCH);
		done = exchange_batch(backing, backing->taken, n,
				      xenmem_reservation_increase);
		if (done <= 0)
			return false;
		for (; done; done--) {
			page = backing->pages[backing->taken++];
			__ClearPageOffline(page);
			ClearPagePrivate(page);
			set_page_private(page, 0);
		}
		cond_resched();
	}
	return true;
}

static void free_chunks(struct xen_dmabuf_backing *backing)
{
	struct chunk *chunk, *tmp;

	list_for_each_entry_safe(chunk, tmp, &backing->chunks, node) {
		dma_free_pages(backing->dev, chunk->size, chunk->page,
			       chunk->dma, DMA_BIDIRECTIONAL);
		kfree(chunk);
	}
	kvfree(backing);
}

/* Retry later to take back the memory of a backing that Xen owes. */
static void queue_owed(struct xen_dmabuf_backing *backing)
{
	mutex_lock(&owed_lock);
	list_add_tail(&backing->node, &owed_backings);
	mutex_unlock(&owed_lock);
	queue_delayed_work(xdb_wq, &retry_work, RETRY_DELAY);
}

/* Free the backing, or queue it until Xen has memory again. */
static void free_or_queue(struct xen_dmabuf_backing *backing)
{
	unsigned int owed;

	if (take_memory_back(backing)) {
		free_chunks(backing);
		return;
	}
	owed = backing->given - backing->taken;
	pr_warn_ratelimited(
		"no memory from Xen for %u page frames: retry pending\n", owed);
	atomic_add(owed, &owed_pages);
	__module_get(THIS_MODULE);
	queue_owed(backing);
}

/* Try once to take back the memory that Xen owes; true if it was all. */
static bool retry_backing(struct xen_dmabuf_backing *backing)
{
	u32 before = backing->taken;
	bool all = take_memory_back(backing);

	atomic_sub(backing->taken - before, &owed_pages);
	return all;
}

static struct xen_dmabuf_backing *next_owed(void)
{
	struct xen_dmabuf_backing *backing;

	mutex_lock(&owed_lock);
	backing = list_first_entry_or_null(&owed_backings,
					   struct xen_dmabuf_backing, node);
	if (backing)
		list_del(&backing->node);
	mutex_unlock(&owed_lock);
	return backing;
}

/* Until Xen has no memory for one: the others would fail, too. */
static void retry_owed(struct work_struct *work)
{
	struct xen_dmabuf_backing *backing;

	while ((backing = next_owed())) {
		if (!retry_backing(backing)) {
			queue_owed(backing);
			return;
		}
		free_chunks(backing);
		module_put(THIS_MODULE);
	}
}

/**
 * xen_dmabuf_backing_alloc - allocate page frames to map foreign pages into
 * @nr_pages: number of pages, at most 65535
 * @dma_bits: each frame lies below 1 << @dma_bits; 13 to 64
 * @contiguous: the frames are contiguous.  Without a CMA area the page
 *	allocator's largest order is the limit, usually 4 MiB
 *
 * The frames have no memory.  Grants may be mapped into them, at the address of
 * each frame in the kernel's linear map, and must be unmapped before
 * xen_dmabuf_backing_free().
 *
 * Context: may sleep.
 * Return: the backing, or an ERR_PTR: -EOPNOTSUPP this system does not support
 * it (see xen_dmabuf_backing_offered()); -EINVAL an argument is out of range;
 * -ENOMEM there are no such frames, or Xen did not take their memory; -EINTR
 * the task was killed.
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
	backing->dev = get_allocator(dma_bits);

	ret = -ENOMEM;
	if (backing->dev)
		ret = add_chunks(backing, nr_pages, contiguous);
	if (!ret)
		ret = give_memory_to_xen(backing);
	if (ret)
		free_or_queue(backing);
	return ret ? ERR_PTR(ret) : backing;
}
EXPORT_SYMBOL_GPL(xen_dmabuf_backing_alloc);

/**
 * xen_dmabuf_backing_pages - the pages of a backing
 * @backing: the backing
 *
 * Return: an array of the struct pages, in order.
 */
struct page **xen_dmabuf_backing_pages(struct xen_dmabuf_backing *backing)
{
	return backing->pages;
}
EXPORT_SYMBOL_GPL(xen_dmabuf_backing_pages);

/**
 * xen_dmabuf_backing_free - free the page frames
 * @backing: nothing may be mapped into it
 *
 * Takes memory back from Xen first.  If Xen has none, the driver keeps the
 * frames, retries once a second, and cannot be unloaded meanwhile.
 *
 * Context: may sleep.
 */
void xen_dmabuf_backing_free(struct xen_dmabuf_backing *backing)
{
	free_or_queue(backing);
}
EXPORT_SYMBOL_GPL(xen_dmabuf_backing_free);

unsigned int xdb_backing_owed(void)
{
	return atomic_read(&owed_pages);
}

/* Xen owes nothing, or the module would be held; but the work may still run. */
void xdb_backing_exit(void)
{
	unsigned int bits;

	cancel_delayed_work_sync(&retry_work);
	for (bits = 0; bits < ARRAY_SIZE(allocators); bits++)
		platform_device_unregister(allocators[bits]);
}
