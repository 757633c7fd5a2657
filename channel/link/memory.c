// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/pages.h"
#include "common/udmabuf.h"
#include "link/memory.h"

struct xch_memory {
	struct xdc_pages pages;
};

static int make_udmabuf(const struct xch_memory_maker *m, int memfd,
			uint64_t offset, uint64_t size)
{
	return xdc_udmabuf_make(m->udmabuf, memfd, offset, size);
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
	return (size + XDC_PAGE - 1) / XDC_PAGE * XDC_PAGE;
}

/* Programs need not tell the two apart */
static int prepare_memfd(int memfd, uint64_t size)
{
	int err = xdc_udmabuf_prepare(memfd, size);

	return err == -EROFS ? -EPERM : err;
}

/*
 * Every page is watched before the dma-buf takes it: one that is removed in between
 * is missing here, and looks as if it had been removed later
 */
int xch_memory_make(const struct xch_memory_maker *m, int memfd, uint64_t size,
		    struct xch_memory **out)
{
	struct xch_memory *memory;
	int fd = prepare_memfd(memfd, whole_pages(size));

	if (fd)
		return fd;
	memory = calloc(1, sizeof(*memory));
	if (!memory)
		return -ENOMEM;
	fd = xdc_pages_watch(&memory->pages, m->pagemap, memfd, 0,
			     whole_pages(size));
	if (!fd)
		fd = m->make(m, memfd, 0, whole_pages(size));
	if (fd < 0)
		xch_memory_free(memory);
	else
		*out = memory;
	return fd;
}

int xch_memory_export(const struct xch_memory_maker *m, int memfd,
		      uint64_t offset, uint64_t size)
{
	struct stat st;
	uint64_t end;
	int err;

	if (fstat(memfd, &st))
		return -errno;
	end = whole_pages((uint64_t)st.st_size);
	if (!size || offset % XDC_PAGE || size % XDC_PAGE || offset > end ||
	    size > end - offset)
		return -EINVAL;
	if (size > m->max)
		return -EFBIG;
	/* last, as the program cannot undo it */
	err = prepare_memfd(memfd, offset + size);
	return err ? err : m->make(m, memfd, offset, size);
}

bool xch_memory_intact(const struct xch_memory *memory)
{
	return xdc_pages_intact(&memory->pages);
}

void xch_memory_free(struct xch_memory *memory)
{
	if (!memory)
		return;
	xdc_pages_forget(&memory->pages);
	free(memory);
}
