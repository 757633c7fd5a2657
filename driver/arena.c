// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of page frames to map foreign pages into.
 *
 * Xen's unpopulated pages come from a list, last in first out, so that after
 * some use one gets them in any order.  A buffer wants contiguous ones: the
 * linear map of such a range is a ready-made contiguous kernel mapping, and on
 * PV there is no other way to get one (ordinary PTEs cannot point to foreign
 * frames).  So what was once taken from the list is kept in order here, until
 * the module goes; these are frames without memory behind them.
 *
 * A range owns its list node for life: freeing never allocates.
 */
#include <linux/mmzone.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "xen_dmabuf.h"

static DEFINE_MUTEX(arena_lock);
static LIST_HEAD(arena_free); /* struct xdb_range, by pfn, never adjacent */
static unsigned long arena_nr_total;
static unsigned long arena_nr_free;

static int compare_pages(const void *a, const void *b)
{
	unsigned long x = page_to_pfn(*(struct page *const *)a);
	unsigned long y = page_to_pfn(*(struct page *const *)b);

	return x < y ? -1 : x > y;
}

/* Insert in order and merge; takes over the node. */
static void insert_range(struct xdb_range *range)
{
	struct xdb_range *next, *prev;

	lockdep_assert_held(&arena_lock);
	arena_nr_free += range->nr;
	list_for_each_entry(next, &arena_free, node)
		if (next->pfn > range->pfn)
			break;
	list_add_tail(&range->node, &next->node);

	if (!list_is_last(&range->node, &arena_free)) {
		next = list_next_entry(range, node);
		if (range->pfn + range->nr == next->pfn) {
			range->nr += next->nr;
			list_del(&next->node);
			kfree(next);
		}
	}
	if (!list_is_first(&range->node, &arena_free)) {
		prev = list_prev_entry(range, node);
		if (prev->pfn + prev->nr == range->pfn) {
			prev->nr += range->nr;
			list_del(&range->node);
			kfree(range);
		}
	}
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

/* Take @nr pages from Xen's list and add them. */
static int grow(unsigned long nr)
{
	struct xdb_range *range, *tmp;
	struct page **pages;
	LIST_HEAD(fresh);
	unsigned long i;
	int ret;

	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	ret = gnttab_alloc_pages(nr, pages);
	if (ret) {
		kvfree(pages);
		return -ENOMEM;
	}
	sort(pages, nr, sizeof(*pages), compare_pages, NULL);

	range = NULL;
	for (i = 0; i < nr; i++) {
		if (range && page_to_pfn(pages[i]) == range->pfn + range->nr) {
			range->nr++;
			continue;
		}
		range = new_range(page_to_pfn(pages[i]), 1);
		if (!range)
			goto err;
		list_add_tail(&range->node, &fresh);
	}
	list_for_each_entry_safe(range, tmp, &fresh, node) {
		list_del(&range->node);
		insert_range(range);
	}
	arena_nr_total += nr;
	kvfree(pages);
	return 0;

err:
	list_for_each_entry_safe(range, tmp, &fresh, node)
		kfree(range);
	gnttab_free_pages(nr, pages);
	kvfree(pages);
	return -ENOMEM;
}

/* The smallest free range that is large enough, or NULL. */
static struct xdb_range *best_fit(unsigned long nr)
{
	struct xdb_range *range, *best = NULL;

	list_for_each_entry(range, &arena_free, node)
		if (range->nr >= nr && (!best || range->nr < best->nr))
			best = range;
	return best;
}

/**
 * xdb_arena_alloc - contiguous page frames without memory behind them
 * @nr: how many
 *
 * Returns the range, or NULL.  xdb_arena_free() takes it back.
 */
struct xdb_range *xdb_arena_alloc(unsigned long nr)
{
	/*
	 * Xen's list may hold odd pages that others gave back.  A whole memory
	 * section more than asked for makes it add fresh, contiguous ones.
	 */
	const unsigned long attempts[] = { nr, nr,
					   round_up(nr, PAGES_PER_SECTION) };
	struct xdb_range *range, *from;
	unsigned int i = 0;

	range = new_range(0, nr);
	if (!range)
		return NULL;
	mutex_lock(&arena_lock);
	while (!(from = best_fit(nr))) {
		if (i == ARRAY_SIZE(attempts) || grow(attempts[i++])) {
			mutex_unlock(&arena_lock);
			kfree(range);
			return NULL;
		}
	}
	range->pfn = from->pfn;
	from->pfn += nr;
	from->nr -= nr;
	arena_nr_free -= nr;
	if (!from->nr) {
		list_del(&from->node);
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

/* Give everything back; in module exit nothing is in use. */
void xdb_arena_exit(void)
{
	struct xdb_range *range, *tmp;
	struct page *pages[64];
	unsigned long i;
	unsigned int n = 0;

	list_for_each_entry_safe(range, tmp, &arena_free, node) {
		for (i = 0; i < range->nr; i++) {
			pages[n++] = pfn_to_page(range->pfn + i);
			if (n == ARRAY_SIZE(pages) || i == range->nr - 1) {
				gnttab_free_pages(n, pages);
				n = 0;
			}
		}
		list_del(&range->node);
		kfree(range);
	}
}
