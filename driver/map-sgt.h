/* SPDX-License-Identifier: GPL-2.0-only */
/* The sg tables that devices get for a MAP. */
#ifndef XDB_MAP_SGT_H
#define XDB_MAP_SGT_H

#include <linux/dma-direction.h>

struct device;
struct sg_table;
struct xdb_map;

struct sg_table *xdb_sgt_map(struct xdb_map *map, struct device *dev,
			     enum dma_data_direction dir);
void xdb_sgt_unmap(struct xdb_map *map, struct sg_table *sgt);
void xdb_sgts_sync_for_cpu(struct xdb_map *map);
void xdb_sgts_sync_for_device(struct xdb_map *map);

#endif
