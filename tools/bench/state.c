// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "state.h"

int xt_bench_result(int ret)
{
	return ret < 0 ? -errno : 0;
}

int xt_bench_system_memory(struct xt_bench *b, size_t pages)
{
	int err = xendmabuf_alloc(pages * XENDMABUF_PAGE_SIZE,
				  XENDMABUF_ALLOC_ANY, &b->dmabuf);

	return err == -ENODEV || err == -EFBIG ? -EOPNOTSUPP : err;
}

void xt_bench_drop_va(struct xt_bench *b)
{
	if (b->va)
		munmap(b->va, b->va_size);
	b->va = NULL;
}

void xt_bench_drop_dmabuf(struct xt_bench *b)
{
	if (b->dmabuf >= 0)
		close(b->dmabuf);
	b->dmabuf = -1;
}

void xt_bench_drop_lease(struct xt_bench *b)
{
	xendmabuf_lease_close(b->lease);
	b->lease = NULL;
}

void xt_bench_drop(struct xt_bench *b, size_t pages)
{
	(void)pages;
	xt_bench_drop_va(b);
	xt_bench_drop_dmabuf(b);
	xt_bench_drop_lease(b);
}
