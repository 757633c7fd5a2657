/* SPDX-License-Identifier: GPL-2.0-only */
/* Scatter: local dma-bufs of each kind, or of what this kernel has instead. */
#ifndef XDB_TEST_SCATTER_H
#define XDB_TEST_SCATTER_H

#include <stddef.h>

/* heap, udmabuf, or scatter: pages that lie as far apart as can be had */
int source_alloc(const char *source, size_t pages, int *dmabuf_fd);

#endif
