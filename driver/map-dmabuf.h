/* SPDX-License-Identifier: GPL-2.0-only */
/* A MAP as a dma-buf, as devices and kernel drivers use it. */
#ifndef XDB_MAP_DMABUF_H
#define XDB_MAP_DMABUF_H

#include <linux/types.h>

struct dma_buf;
struct file;
struct xdb_map;

struct dma_buf *xdb_map_export(struct xdb_map *map);
struct file *xdb_map_get_file(struct xdb_map *map);
bool xdb_is_map(struct dma_buf *dmabuf);

#endif
