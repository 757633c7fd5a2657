/* SPDX-License-Identifier: GPL-2.0-only */
/* Page frames without memory, to map foreign pages into. */
#ifndef XDB_ARENA_H
#define XDB_ARENA_H

#include <linux/rbtree_types.h>
#include <linux/types.h>

struct page;

/**
 * struct xdb_range - page frames without memory
 * @by_pfn: among the free ranges
 * @by_size: among the free ranges
 * @pfn: the first frame, if they are contiguous
 * @nr: number of frames
 * @pages: the frames if they are scattered, in the order of their numbers;
 *	otherwise NULL
 */
struct xdb_range {
	struct rb_node by_pfn;
	struct rb_node by_size;
	unsigned long pfn;
	unsigned long nr;
	struct page **pages;
};

/**
 * struct xdb_arena_usage - numbers of page frames
 * @total: all
 * @free: nothing is mapped into them
 * @scattered: in ranges that are not contiguous
 * @costs_memory: each is a page of memory less; known after the first MAP
 */
struct xdb_arena_usage {
	unsigned long total;
	unsigned long free;
	unsigned long scattered;
	bool costs_memory;
};

struct xdb_range *xdb_arena_alloc(unsigned long nr);
void xdb_arena_free(struct xdb_range *range);
void xdb_arena_get_usage(struct xdb_arena_usage *usage);
void xdb_arena_exit(void);

#endif
