/* SPDX-License-Identifier: GPL-2.0-only */
/* User mappings of a MAP. */
#ifndef XDB_MAP_MMAP_H
#define XDB_MAP_MMAP_H

struct dma_buf;
struct vm_area_struct;
struct xdb_map;

int xdb_map_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma);
void xdb_map_zap(struct xdb_map *map);

#endif
