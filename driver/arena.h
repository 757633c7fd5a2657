/* SPDX-License-Identifier: GPL-2.0-only */
/* Contiguous page frames without memory, to map foreign pages into. */
#ifndef XDB_ARENA_H
#define XDB_ARENA_H

#include <linux/rbtree_types.h>

/**
 * struct xdb_range - contiguous page frames
 * @by_pfn: among the free ranges
 * @by_size: among the free ranges
 * @pfn: the first frame
 * @nr: number of frames
 */
struct xdb_range {
	struct rb_node by_pfn;
	struct rb_node by_size;
	unsigned long pfn;
	unsigned long nr;
};

struct xdb_range *xdb_arena_alloc(unsigned long nr);
void xdb_arena_free(struct xdb_range *range);
void xdb_arena_usage(unsigned long *total, unsigned long *free);
void xdb_arena_exit(void);

#endif
