// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/pages.h"

#define PRESENT (1ULL << 63)
/* Entries of the page map that are read at a time */
#define ENTRIES 512U

int xdc_pages_watch(struct xdc_pages *p, int pagemap, int memfd,
		    uint64_t offset, uint64_t size)
{
	void *at = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, memfd,
			(off_t)offset);

	if (at == MAP_FAILED)
		return -errno;
	p->pagemap = pagemap;
	p->at = at;
	p->size = size;
	return 0;
}

static bool all_present(const uint64_t *entries, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!(entries[i] & PRESENT))
			return false;
	return true;
}

bool xdc_pages_intact(const struct xdc_pages *p)
{
	uint64_t entries[ENTRIES];
	size_t left = p->size / XDC_PAGE, nr, bytes;
	off_t at = (off_t)((uintptr_t)p->at / XDC_PAGE * sizeof(entries[0]));

	for (; left; left -= nr, at += (off_t)bytes) {
		nr = left < ENTRIES ? left : ENTRIES;
		bytes = nr * sizeof(entries[0]);
		if (pread(p->pagemap, entries, bytes, at) != (ssize_t)bytes ||
		    !all_present(entries, nr))
			return false;
	}
	return true;
}

void xdc_pages_forget(struct xdc_pages *p)
{
	if (p->at)
		munmap(p->at, p->size);
	p->at = NULL;
	p->size = 0;
}
