// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/memory.h"

#define PAGE 4096U
/* newer than some distributions' headers */
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
/* Entries of the page map that are read at a time */
#define ENTRIES 512U
#define PRESENT (1ULL << 63)

struct xch_memory {
	int pagemap;
	void *at;
	size_t size;
};

static int make_udmabuf(const struct xch_memory_maker *m, int memfd,
			uint64_t offset, uint64_t size)
{
	struct udmabuf_create args = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = offset,
		.size = size,
	};
	int fd = ioctl(m->udmabuf, UDMABUF_CREATE, &args);

	return fd < 0 ? -errno : fd;
}

void xch_memory_maker_init(struct xch_memory_maker *m, int udmabuf, int pagemap,
			   uint64_t max)
{
	m->udmabuf = udmabuf;
	m->pagemap = pagemap;
	m->max = max;
	m->make = make_udmabuf;
}

static uint64_t whole_pages(uint64_t size)
{
	return (size + PAGE - 1) / PAGE * PAGE;
}

/*
 * udmabuf takes no page within which a memfd ends.  So the memfd grows to the end of
 * that page, which belongs to it anyway.
 */
static int grow(int memfd, uint64_t size)
{
	struct stat st;

	if (fstat(memfd, &st))
		return -errno;
	if ((uint64_t)st.st_size >= size)
		return 0;
	return ftruncate(memfd, (off_t)size) ? -errno : 0;
}

/* udmabuf wants it, and a program cannot undo it */
static int seal(int memfd)
{
	int seals = fcntl(memfd, F_GET_SEALS);

	if (seals < 0)
		return -errno;
	if (seals & F_SEAL_SHRINK)
		return 0;
	return fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) ? -errno : 0;
}

/*
 * Every page is mapped before the dma-buf takes it: one that is removed in between
 * is missing here, and looks as if it had been removed later
 */
static int map_pages(int memfd, struct xch_memory *memory)
{
	memory->at = mmap(NULL, memory->size, PROT_READ,
			  MAP_SHARED | MAP_POPULATE, memfd, 0);
	return memory->at == MAP_FAILED ? -errno : 0;
}

int xch_memory_make(const struct xch_memory_maker *m, int memfd, uint64_t size,
		    struct xch_memory **out)
{
	struct xch_memory *memory;
	int fd = seal(memfd);

	if (!fd)
		fd = grow(memfd, whole_pages(size));
	if (fd)
		return fd;
	memory = calloc(1, sizeof(*memory));
	if (!memory)
		return -ENOMEM;
	memory->pagemap = m->pagemap;
	memory->size = whole_pages(size);
	fd = map_pages(memfd, memory);
	if (fd) {
		free(memory);
		return fd;
	}
	fd = m->make(m, memfd, 0, memory->size);
	if (fd < 0) {
		xch_memory_free(memory);
		return fd;
	}
	*out = memory;
	return fd;
}

int xch_memory_export(const struct xch_memory_maker *m, int memfd,
		      uint64_t offset, uint64_t size)
{
	struct stat st;
	uint64_t end;
	int err = seal(memfd), seals;

	if (err)
		return err;
	seals = fcntl(memfd, F_GET_SEALS);
	if (seals < 0 || fstat(memfd, &st))
		return -errno;
	if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	end = whole_pages((uint64_t)st.st_size);
	if (!size || offset % PAGE || size % PAGE || offset > end ||
	    size > end - offset)
		return -EINVAL;
	if (size > m->max)
		return -EFBIG;
	err = grow(memfd, offset + size);
	return err ? err : m->make(m, memfd, offset, size);
}

static bool all_present(const uint64_t *entries, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!(entries[i] & PRESENT))
			return false;
	return true;
}

bool xch_memory_intact(const struct xch_memory *memory)
{
	uint64_t entries[ENTRIES];
	size_t left = memory->size / PAGE, nr;
	off_t at = (off_t)((uintptr_t)memory->at / PAGE * sizeof(entries[0]));

	for (; left; left -= nr) {
		nr = left < ENTRIES ? left : ENTRIES;
		if (pread(memory->pagemap, entries, nr * sizeof(entries[0]),
			  at) != (ssize_t)(nr * sizeof(entries[0])) ||
		    !all_present(entries, nr))
			return false;
		at += (off_t)(nr * sizeof(entries[0]));
	}
	return true;
}

void xch_memory_free(struct xch_memory *memory)
{
	if (!memory)
		return;
	munmap(memory->at, memory->size);
	free(memory);
}
