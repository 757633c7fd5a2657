// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <sys/mman.h>

#include "memory.h"

static size_t memory_size(uint32_t pages)
{
	return (1 + 2 * (size_t)pages) * XCH_PAGE;
}

void memory_map(struct xch_ring_memory *memory, uint32_t pages)
{
	uint8_t *at = mmap(NULL, memory_size(pages), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(at != MAP_FAILED);
	memory->control = (void *)at;
	memory->bytes[XCH_SERVER] = at + XCH_PAGE;
	memory->bytes[XCH_CLIENT] = at + XCH_PAGE + (size_t)pages * XCH_PAGE;
	memory->pages = pages;
	xch_ring_format(memory);
}

void memory_unmap(struct xch_ring_memory *memory)
{
	munmap(memory->control, memory_size(memory->pages));
	memory->control = NULL;
}
