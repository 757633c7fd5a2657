/* SPDX-License-Identifier: GPL-2.0-only */
/* Scatter: local dma-bufs of each kind, or of a kind that this kernel has. */
#ifndef XDB_TEST_SCATTER_H
#define XDB_TEST_SCATTER_H

#include <stddef.h>

/* heap, udmabuf, or scatter: an udmabuf of pages that are far apart in memory */
int source_alloc(const char *source, size_t pages, int *dmabuf_fd);

#endif
