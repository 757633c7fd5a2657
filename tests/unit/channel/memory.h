/* SPDX-License-Identifier: GPL-2.0-only */
/* A ring in memory that both ends share, as grants and mappings make it. */
#ifndef XCH_UNIT_MEMORY_H
#define XCH_UNIT_MEMORY_H

#include "link/ring.h"

/** memory_map - a formatted ring of @pages each way, shared with children */
void memory_map(struct xch_ring_memory *memory, uint32_t pages);
void memory_unmap(struct xch_ring_memory *memory);

#endif
