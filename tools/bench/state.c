// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "state.h"

int bench_result(int ret)
{
	return ret < 0 ? -errno : 0;
}

int bench_system_memory(struct bench *b, size_t pages)
{
	int err = xendmabuf_alloc(pages * XENDMABUF_PAGE_SIZE,
				  XENDMABUF_ALLOC_ANY, &b->dmabuf);

	return err == -ENODEV || err == -EFBIG ? -EOPNOTSUPP : err;
}

void bench_drop_va(struct bench *b)
{
	if (b->va)
		munmap(b->va, b->va_size);
	b->va = NULL;
}

void bench_drop_dmabuf(struct bench *b)
{
	if (b->dmabuf >= 0)
		close(b->dmabuf);
	b->dmabuf = -1;
}

void bench_drop_lease(struct bench *b)
{
	xendmabuf_lease_close(b->lease);
	b->lease = NULL;
}

void bench_drop(struct bench *b, size_t pages)
{
	(void)pages;
	bench_drop_va(b);
	bench_drop_dmabuf(b);
	bench_drop_lease(b);
}
