// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arena: ranges of page frames without memory, to map foreign pages into.
 *
 * A buffer needs contiguous frames: their linear map is then a contiguous
 * kernel mapping.  In a PV domain there is no other way to get one, as ordinary
 * PTEs cannot point to foreign pages.
 *
 * The kernel keeps such frames in a list, last in first out.  After some use it
 * hands them out in any order.  The arena therefore keeps the frames that it
 * has once taken from that list, sorted, until the module is unloaded.
 *
 * Each range is its own tree node, so that freeing one never allocates memory.
 */
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include <xen/grant_table.h>

#include "arena.h"

static DEFINE_MUTEX(arena_lock);
/* The free ranges in two orders; adjacent ones are merged */
static struct rb_root arena_by_pfn = RB_ROOT;
static struct rb_root arena_by_size = RB_ROOT;
static unsigned long arena_nr_total;
static unsigned long arena_nr_free;

#define range_by_pfn(n) rb_entry(n, struct xdb_range, by_pfn)
#define range_by_size(n) rb_entry(n, struct xdb_range, by_size)

static int compare_pages(const void *a, const void *b)
{
	unsigned long x = page_to_pfn(*(struct page *const *)a);
	unsigned long y = page_to_pfn(*(struct page *const *)b);

	return x < y ? -1 : x > y;
}

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

static struct xdb_range *new_range(unsigned long pfn, unsigned long nr)
{
	struct xdb_range *range = kmalloc(sizeof(*range), GFP_KERNEL);

	if (range) {
		range->pfn = pfn;
		range->nr = nr;
	}
	return range;
}

/* Add @nr pages from the kernel's list to the arena. */
static int grow_arena(unsigned long nr)
{
	unsigned long start, end;
	struct xdb_range *range;
	struct page **pages;

	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	if (gnttab_alloc_pages(nr, pages)) {
		kvfree(pages);
		return -ENOMEM;
	}
	sort(pages, nr, sizeof(*pages), compare_pages, NULL);

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
	kvfree(pages);
	return start == nr ? 0 : -ENOMEM;
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

/**
 * xdb_arena_alloc - contiguous page frames without memory behind them
 * @nr: number of frames
 *
 * Return: the range, which xdb_arena_free() takes back, or NULL.
 */
struct xdb_range *xdb_arena_alloc(unsigned long nr)
{
	/*
	 * The kernel's list may hold single pages that others gave back.  The
	 * request for a whole memory section makes it add contiguous ones.
	 */
	const unsigned long attempts[] = { nr, nr,
					   round_up(nr, PAGES_PER_SECTION) };
	struct xdb_range *range, *from;
	unsigned int i = 0;

	range = new_range(0, nr);
	if (!range)
		return NULL;
	mutex_lock(&arena_lock);
	while (!(from = find_best_fit(nr))) {
		if (i == ARRAY_SIZE(attempts) || grow_arena(attempts[i++])) {
			mutex_unlock(&arena_lock);
			kfree(range);
			return NULL;
		}
	}
	range->pfn = from->pfn;
	from->pfn += nr;
	from->nr -= nr;
	arena_nr_free -= nr;
	rb_erase(&from->by_size, &arena_by_size);
	if (from->nr) {
		rb_add(&from->by_size, &arena_by_size, is_smaller_range);
	} else {
		rb_erase(&from->by_pfn, &arena_by_pfn);
		kfree(from);
	}
	mutex_unlock(&arena_lock);
	return range;
}

void xdb_arena_free(struct xdb_range *range)
{
	mutex_lock(&arena_lock);
	insert_range(range);
	mutex_unlock(&arena_lock);
}

void xdb_arena_usage(unsigned long *total, unsigned long *free)
{
	mutex_lock(&arena_lock);
	*total = arena_nr_total;
	*free = arena_nr_free;
	mutex_unlock(&arena_lock);
}

/* Return all frames; when the module is unloaded, none is in use. */
void xdb_arena_exit(void)
{
	struct xdb_range *range, *tmp;
	struct page *pages[64];
	unsigned long i;
	unsigned int n = 0;

	rbtree_postorder_for_each_entry_safe(range, tmp, &arena_by_pfn, by_pfn)
	{
		for (i = 0; i < range->nr; i++) {
			pages[n++] = pfn_to_page(range->pfn + i);
			if (n == ARRAY_SIZE(pages) || i == range->nr - 1) {
				gnttab_free_pages(n, pages);
				n = 0;
			}
		}
		kfree(range);
	}
}
