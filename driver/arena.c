// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arena: ranges of page frames without memory, to map foreign pages into.
 *
 * A buffer should have contiguous frames: their linear map is then a contiguous
 * kernel mapping.  In a PV domain there is no other way to get one, as ordinary
 * PTEs cannot point to foreign pages.  An auto-translated domain can do without
 * (vmap), and takes scattered frames if there are no others.
 *
 * The kernel keeps such frames in a list, last in first out.  After some use it
 * hands them out in any order.  The arena therefore keeps free frames, sorted,
 * up to a limit.
 *
 * Where Xen has told the kernel no unused addresses, each frame is a page of
 * memory that the kernel has returned to Xen.  The arena then keeps a free frame
 * only for seconds, and the kernel gets its memory back.
 *
 * Each range is its own tree node, so that freeing one never allocates memory.
 * The kernel may take long to make frames, so it is asked without the lock.
 */
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/workqueue.h>

#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "arena.h"
#include "compat.h"
#include "limits.h"

/* A frame that costs memory is returned when it was free for this long. */
#define IDLE_DELAY msecs_to_jiffies(5000)

/* The most requests to the kernel in one call, see plan_attempt(). */
#define MAX_ATTEMPTS 64

/* Protects the variables below. */
static DEFINE_MUTEX(arena_lock);
/* The free ranges in two orders; adjacent ones are merged */
static struct rb_root arena_by_pfn = RB_ROOT;
static struct rb_root arena_by_size = RB_ROOT;
static unsigned long arena_nr_total;
static unsigned long arena_nr_free;
static unsigned long arena_nr_scattered;
/* Frames from the kernel that running calls have not yet found a range in */
static unsigned long arena_nr_held;
/* The fewest free frames since return_idle() last ran */
static unsigned long arena_nr_idle;
/* Frames cost memory, or the last ones did; false until arena_probed */
static bool arena_costs_memory;
static bool arena_probed;

static void return_idle(struct work_struct *work);
static DECLARE_DELAYED_WORK(idle_work, return_idle);

#define range_by_pfn(n) rb_entry(n, struct xdb_range, by_pfn)
#define range_by_size(n) rb_entry(n, struct xdb_range, by_size)

static int compare_pages(const void *a, const void *b)
{
	unsigned long x = page_to_pfn(*(struct page *const *)a);
	unsigned long y = page_to_pfn(*(struct page *const *)b);

	return x < y ? -1 : x > y;
}

static void sort_pages(struct page **pages, unsigned long nr)
{
	sort(pages, nr, sizeof(struct page *), compare_pages, NULL);
}

/*
 * Whether the kernel has returned this frame's memory to Xen.  Other frames are
 * of unused addresses (ZONE_DEVICE), or were reserved at boot.
 */
static bool costs_memory(struct page *page)
{
	return !is_zone_device_page(page) && !PageReserved(page);
}

/* ---- the free ranges; the lock is held ---- */

static bool is_smaller_range(struct rb_node *a, const struct rb_node *b)
{
	return range_by_size(a)->nr < range_by_size(b)->nr;
}

/* Insert a free range, and merge it with its neighbours; takes over @range. */
static void insert_range(struct xdb_range *range)
{
	struct rb_node **link = &arena_by_pfn.rb_node, *parent = NULL;
	struct xdb_range *prev = NULL, *next = NULL;

	lockdep_assert_held(&arena_lock);
	arena_nr_free += range->nr;
	while (*link) {
		parent = *link;
		if (range->pfn < range_by_pfn(parent)->pfn) {
			next = range_by_pfn(parent);
			link = &parent->rb_left;
		} else {
			prev = range_by_pfn(parent);
			link = &parent->rb_right;
		}
	}
	if (prev && prev->pfn + prev->nr == range->pfn) {
		rb_erase(&prev->by_size, &arena_by_size);
		prev->nr += range->nr;
		kfree(range);
		range = prev;
	} else {
		rb_link_node(&range->by_pfn, parent, link);
		rb_insert_color(&range->by_pfn, &arena_by_pfn);
	}
	if (next && range->pfn + range->nr == next->pfn) {
		rb_erase(&next->by_pfn, &arena_by_pfn);
		rb_erase(&next->by_size, &arena_by_size);
		range->nr += next->nr;
		kfree(next);
	}
	rb_add(&range->by_size, &arena_by_size, is_smaller_range);
}

/* Take the first @nr frames out of a free range, which is freed if it is used up. */
static void cut_range(struct xdb_range *range, unsigned long nr)
{
	lockdep_assert_held(&arena_lock);
	arena_nr_free -= nr;
	arena_nr_idle = min(arena_nr_idle, arena_nr_free);
	range->pfn += nr;
	range->nr -= nr;
	rb_erase(&range->by_size, &arena_by_size);
	if (range->nr) {
		rb_add(&range->by_size, &arena_by_size, is_smaller_range);
	} else {
		rb_erase(&range->by_pfn, &arena_by_pfn);
		kfree(range);
	}
}

/* The smallest free range of at least @nr frames, or NULL. */
static struct xdb_range *find_best_fit(unsigned long nr)
{
	struct rb_node *node = arena_by_size.rb_node;
	struct xdb_range *best = NULL;

	while (node) {
		if (range_by_size(node)->nr < nr) {
			node = node->rb_right;
		} else {
			best = range_by_size(node);
			node = node->rb_left;
		}
	}
	return best;
}

/* Take the contiguous frames of @range from a free one; false if there is none. */
static bool take_best_fit(struct xdb_range *range)
{
	struct xdb_range *from = find_best_fit(range->nr);

	if (!from)
		return false;
	range->pfn = from->pfn;
	cut_range(from, range->nr);
	return true;
}

/*
 * Take at most @max of the frames of the smallest free range, or only of those
 * that cost memory.  Returns the first frame's page and their number in @nr, or
 * NULL if there are no such frames.
 */
static struct page *take_smallest(unsigned long max, bool costly_only,
				  unsigned long *nr)
{
	struct rb_node *node;
	struct page *page;

	for (node = rb_first(&arena_by_size); node; node = rb_next(node)) {
		page = pfn_to_page(range_by_size(node)->pfn);
		if (costly_only && !costs_memory(page))
			continue;
		*nr = min(max, range_by_size(node)->nr);
		cut_range(range_by_size(node), *nr);
		return page;
	}
	return NULL;
}

/* ---- the kernel's list ---- */

static struct xdb_range *new_range(unsigned long pfn, unsigned long nr)
{
	struct xdb_range *range = kmalloc_obj(*range, GFP_KERNEL);

	if (range) {
		range->pfn = pfn;
		range->nr = nr;
		range->pages = NULL;
	}
	return range;
}

/* Learn from one frame of the kernel's whether frames cost memory. */
static void probe_cost(void)
{
	struct page *page;

	if (READ_ONCE(arena_probed) || gnttab_alloc_pages(1, &page))
		return;
	WRITE_ONCE(arena_costs_memory, costs_memory(page));
	gnttab_free_pages(1, &page);
	WRITE_ONCE(arena_probed, true);
}

/* The kernel makes frames of memory when it has no other ones left. */
static void note_cost(struct page **pages, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr && !READ_ONCE(arena_costs_memory); i++)
		if (costs_memory(pages[i]))
			WRITE_ONCE(arena_costs_memory, true);
}

/* Take @nr frames from the kernel, sorted; NULL if it has no more. */
static struct page **take_pages(unsigned long nr)
{
	struct page **pages;

	probe_cost();
	/* One MAP must not leave the domain without memory. */
	if (READ_ONCE(arena_costs_memory) && nr > si_mem_available() / 2)
		return NULL;
	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	if (gnttab_alloc_pages(nr, pages)) {
		kvfree(pages);
		return NULL;
	}
	note_cost(pages, nr);
	sort_pages(pages, nr);
	return pages;
}

/* Add sorted pages to the free ranges; returns how many there was memory for. */
static unsigned long insert_pages(struct page **pages, unsigned long nr)
{
	unsigned long start, end;
	struct xdb_range *range;

	lockdep_assert_held(&arena_lock);
	for (start = 0; start < nr; start = end) {
		for (end = start + 1; end < nr; end++)
			if (page_to_pfn(pages[end]) !=
			    page_to_pfn(pages[end - 1]) + 1)
				break;
		range = new_range(page_to_pfn(pages[start]), end - start);
		if (!range) {
			gnttab_free_pages(nr - start, pages + start);
			break;
		}
		insert_range(range);
	}
	arena_nr_total += start;
	return start;
}

/* Return contiguous frames to the kernel. */
static void return_pages(struct page *page, unsigned long nr)
{
	unsigned long i, n, pfn = page_to_pfn(page);
	struct page *pages[64];

	for (; nr; nr -= n) {
		n = min_t(unsigned long, nr, ARRAY_SIZE(pages));
		for (i = 0; i < n; i++)
			pages[i] = pfn_to_page(pfn++);
		gnttab_free_pages(n, pages);
		cond_resched();
	}
}

/* Return free frames to the kernel, those of the smallest ranges first. */
static void shrink_arena(unsigned long nr, bool costly_only)
{
	struct page *page;
	unsigned long n;

	for (; nr; nr -= n) {
		mutex_lock(&arena_lock);
		page = take_smallest(nr, costly_only, &n);
		if (page)
			arena_nr_total -= n;
		mutex_unlock(&arena_lock);
		if (!page)
			return;
		return_pages(page, n);
	}
}

/* Number of free frames beyond those that may be kept. */
static unsigned long count_excess(void)
{
	unsigned long limit = xdb_free_frames_limit();

	lockdep_assert_held(&arena_lock);
	limit += arena_nr_held;
	return arena_nr_free > limit ? arena_nr_free - limit : 0;
}

/* There are new free frames: return the excess, and what costs memory later. */
static void return_some(unsigned long excess)
{
	if (excess)
		shrink_arena(excess, false);
	if (READ_ONCE(arena_costs_memory))
		schedule_delayed_work(&idle_work, IDLE_DELAY);
}

/* Return the frames that cost memory and that nothing has used for IDLE_DELAY. */
static void return_idle(struct work_struct *work)
{
	unsigned long idle;

	mutex_lock(&arena_lock);
	idle = arena_nr_idle;
	mutex_unlock(&arena_lock);
	shrink_arena(idle, true);

	mutex_lock(&arena_lock);
	arena_nr_idle = arena_nr_free;
	if (arena_nr_free)
		schedule_delayed_work(&idle_work, IDLE_DELAY);
	mutex_unlock(&arena_lock);
}

/* ---- allocation ---- */

/*
 * Make @range of free frames that are not contiguous.  They leave the arena, and
 * go back to the kernel as soon as they are freed.
 */
static bool take_scattered(struct xdb_range *range)
{
	unsigned long i, n, done = 0;
	struct page **pages, *page;

	lockdep_assert_held(&arena_lock);
	if (arena_nr_free < range->nr)
		return false;
	pages = kvmalloc_array(range->nr, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return false;
	while (done < range->nr) {
		page = take_smallest(range->nr - done, false, &n);
		for (i = 0; i < n; i++)
			pages[done++] = pfn_to_page(page_to_pfn(page) + i);
	}
	sort_pages(pages, range->nr);
	range->pages = pages;
	arena_nr_scattered += range->nr;
	return true;
}

/* Whether another @attempt may find contiguous frames, and of how many pages. */
static bool plan_attempt(unsigned int attempt, unsigned long nr,
			 unsigned long *taken)
{
	bool scattered = xen_feature(XENFEAT_auto_translated_physmap);

	/*
	 * The kernel's list may hold single pages that others gave back.  The
	 * request for a whole memory section makes it add contiguous ones, but
	 * only when its list is shorter.  The frames of earlier attempts are
	 * still here, so each attempt takes others and shortens the list.
	 * Where frames cost memory, they come from anywhere in it.
	 */
	*taken = attempt < 2 ? nr : round_up(nr, PAGES_PER_SECTION);
	if (READ_ONCE(arena_costs_memory))
		return attempt < (scattered ? 1 : 2);
	return attempt < (scattered ? 3 : MAX_ATTEMPTS);
}

/* Fill in @range with frames of the arena's or of the kernel's. */
static bool fill_range(struct xdb_range *range)
{
	unsigned long n, got, excess, taken = 0;
	unsigned int attempt = 0;
	struct page **pages;
	bool found;

	mutex_lock(&arena_lock);
	found = take_best_fit(range);
	mutex_unlock(&arena_lock);
	while (!found && plan_attempt(attempt++, range->nr, &n)) {
		pages = take_pages(n);
		if (!pages)
			break;
		mutex_lock(&arena_lock);
		got = insert_pages(pages, n);
		taken += got;
		arena_nr_held += got;
		found = take_best_fit(range);
		mutex_unlock(&arena_lock);
		kvfree(pages);
	}
	if (!found && xen_feature(XENFEAT_auto_translated_physmap)) {
		mutex_lock(&arena_lock);
		found = take_scattered(range);
		mutex_unlock(&arena_lock);
	}
	if (!taken)
		return found;
	/* What has not helped goes back; what is left over, up to the limit. */
	mutex_lock(&arena_lock);
	arena_nr_held -= taken;
	excess = count_excess();
	mutex_unlock(&arena_lock);
	return_some(found ? excess : taken);
	return found;
}

/**
 * xdb_arena_alloc - page frames without memory behind them
 * @nr: number of frames
 *
 * The frames are contiguous in a PV domain.  In others they are if there are
 * such frames.
 *
 * Context: may sleep.
 * Return: the range, which xdb_arena_free() takes back, or NULL.
 */
struct xdb_range *xdb_arena_alloc(unsigned long nr)
{
	struct xdb_range *range = new_range(0, nr);

	if (!range)
		return NULL;
	if (!fill_range(range)) {
		kfree(range);
		return NULL;
	}
	return range;
}

/* Scattered frames go back to the kernel at once. */
static void free_scattered(struct xdb_range *range)
{
	gnttab_free_pages(range->nr, range->pages);
	mutex_lock(&arena_lock);
	arena_nr_total -= range->nr;
	arena_nr_scattered -= range->nr;
	mutex_unlock(&arena_lock);
	kvfree(range->pages);
	kfree(range);
}

/* Nothing may be mapped into the frames. */
void xdb_arena_free(struct xdb_range *range)
{
	unsigned long excess;

	if (range->pages) {
		free_scattered(range);
		return;
	}
	mutex_lock(&arena_lock);
	insert_range(range);
	excess = count_excess();
	mutex_unlock(&arena_lock);
	return_some(excess);
}

void xdb_arena_get_usage(struct xdb_arena_usage *usage)
{
	mutex_lock(&arena_lock);
	usage->total = arena_nr_total;
	usage->free = arena_nr_free;
	usage->scattered = arena_nr_scattered;
	usage->costs_memory = arena_costs_memory;
	mutex_unlock(&arena_lock);
}

/* Return all frames; when the module is unloaded, none is in use. */
void xdb_arena_exit(void)
{
	cancel_delayed_work_sync(&idle_work);
	shrink_arena(ULONG_MAX, false);
}
