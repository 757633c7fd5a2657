/* SPDX-License-Identifier: GPL-2.0-only */
/* Scatter: a dma-buf whose pages lie as far apart as can be had. */
#ifndef XDB_TEST_SCATTER_H
#define XDB_TEST_SCATTER_H

#include <stddef.h>

int scatter_alloc(size_t pages, int *dmabuf_fd);

#endif
