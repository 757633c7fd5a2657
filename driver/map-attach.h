/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices that are attached to a MAP's dma-buf. */
#ifndef XDB_MAP_ATTACH_H
#define XDB_MAP_ATTACH_H

#include <linux/dma-direction.h>
#include <linux/types.h>

struct dma_buf;
struct dma_buf_attachment;
struct seq_file;
struct sg_table;
struct xdb_map;

int xdb_map_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach);
void xdb_map_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach);
int xdb_map_pin(struct dma_buf_attachment *attach);
void xdb_map_unpin(struct dma_buf_attachment *attach);
struct sg_table *xdb_map_map_dma(struct dma_buf_attachment *attach,
				 enum dma_data_direction dir);
void xdb_map_unmap_dma(struct dma_buf_attachment *attach, struct sg_table *sgt,
		       enum dma_data_direction dir);

void xdb_map_tell_importers(struct xdb_map *map);
u32 xdb_map_count_pinned(struct xdb_map *map);
void xdb_map_show_importers(struct xdb_map *map, struct seq_file *m);

#endif
