/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways that use the dma-buf calls of the in-tree gntdev */
#ifndef XT_BENCH_IN_TREE_H
#define XT_BENCH_IN_TREE_H

#include "way.h"

extern const struct xt_way xt_way_map_in_tree, xt_way_grant_in_tree;

#endif
