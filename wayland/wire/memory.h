/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that processes share: memfds of a fixed size, and dma-bufs. */
#ifndef XWL_WIRE_MEMORY_H
#define XWL_WIRE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * xwl_memory_make - make a memfd that this process writes, and map it here
 * @bytes: set to the mapping
 *
 * Sealed against shrinking, so that no process can make another one fault.
 *
 * Return: a descriptor, or a negative errno value.
 */
int xwl_memory_make(size_t size, uint8_t **bytes);
/** xwl_memory_is_dmabuf - the descriptor is of a dma-buf */
bool xwl_memory_is_dmabuf(int fd);

#endif
