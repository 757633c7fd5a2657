/* SPDX-License-Identifier: GPL-2.0-only */
/* Waits until the pending writes to a dma-buf have ended. */
#ifndef XDB_FENCE_H
#define XDB_FENCE_H

struct dma_buf;

int xdb_wait_for_writers(struct dma_buf *dmabuf);

#endif
