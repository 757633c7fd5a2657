/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that this process writes and others read: a memfd of a fixed size. */
#ifndef XWL_WIRE_MEMORY_H
#define XWL_WIRE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/**
 * xwl_memory_make - make it, and map it here
 * @bytes: set to the mapping
 *
 * Sealed against shrinking, so that no process can make another one fault.
 *
 * Return: a descriptor, or a negative errno value.
 */
int xwl_memory_make(size_t size, uint8_t **bytes);

#endif
