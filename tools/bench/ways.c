// SPDX-License-Identifier: GPL-2.0-only
/* Ways of making a share and ending it */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xdb_bench.h>
#include <xen/xen.h>

/* after what it needs */
#include <xen/grant_table.h>

#include <xen/gntalloc.h>
#include <xen/gntdev.h>

#include "ways.h"

#define WAIT_MS 60000

/* A mapping that is populated on demand has its cost at the first access */
static int touch_pages(struct xt_bench *b)
{
	volatile char *va = b->va;
	size_t i;

	for (i = 0; i < b->va_size; i += XENDMABUF_PAGE_SIZE)
		(void)va[i];
	return 0;
}

static int mmap_pages(struct xt_bench *b, int fd, int prot, size_t pages,
		      uint64_t offset)
{
	size_t size = pages * XENDMABUF_PAGE_SIZE;
	void *va = mmap(NULL, size, prot, MAP_SHARED, fd, (off_t)offset);

	if (va == MAP_FAILED)
		return -errno;
	b->va = va;
	b->va_size = size;
	return 0;
}

/* ---- mapping: this driver ---- */

static int dmabuf_map(struct xt_bench *b, size_t pages)
{
	return xendmabuf_map(b->x, b->domid, b->refs + b->first, pages, 0,
			     &b->dmabuf, &b->lease);
}

static int dmabuf_map_mmap(struct xt_bench *b, size_t pages)
{
	int err = dmabuf_map(b, pages);

	if (!err)
		err = mmap_pages(b, b->dmabuf, PROT_READ | PROT_WRITE, pages,
				 0);
	return err ? err : touch_pages(b);
}

static int dmabuf_release(struct xt_bench *b, size_t pages)
{
	int err;

	(void)pages;
	xt_bench_drop_va(b);
	xt_bench_drop_dmabuf(b);
	err = xendmabuf_lease_wait(b->lease, WAIT_MS);
	xt_bench_drop_lease(b);
	return err;
}

/* ---- mapping: the bare calls ---- */

static int bare_refs(struct xt_bench *b, unsigned long call, uint32_t *refs,
		     size_t pages)
{
	struct xdb_bench_refs args = {
		.domid = b->domid,
		.nr_refs = (uint32_t)pages,
		.refs = (uintptr_t)refs,
	};

	return xt_bench_result(ioctl(b->bare, call, &args));
}

static int bare_ready(struct xt_bench *b, size_t pages)
{
	(void)pages;
	return b->bare < 0 ? -EOPNOTSUPP : 0;
}

static int bare_map(struct xt_bench *b, size_t pages)
{
	return bare_refs(b, XDB_BENCH_IOC_MAP, b->refs, pages);
}

static int bare_unmap(struct xt_bench *b, size_t pages)
{
	(void)pages;
	return xt_bench_result(ioctl(b->bare, XDB_BENCH_IOC_UNMAP));
}

/* ---- mapping: gntdev, as libxengnttab does it ---- */

static int gntdev_ready(struct xt_bench *b, size_t pages)
{
	(void)pages;
	return b->gntdev < 0 ? -EOPNOTSUPP : 0;
}

static int gntdev_map(struct xt_bench *b, size_t pages)
{
	struct ioctl_gntdev_map_grant_ref *args;
	size_t i;
	int err;

	args = malloc(sizeof(*args) + pages * sizeof(args->refs[0]));
	if (!args)
		return -ENOMEM;
	args->count = (uint32_t)pages;
	for (i = 0; i < pages; i++) {
		args->refs[i].domid = b->domid;
		args->refs[i].ref = b->refs[i];
	}
	err = xt_bench_result(
		ioctl(b->gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, args));
	b->index = args->index;
	free(args);
	if (!err)
		err = mmap_pages(b, b->gntdev, PROT_READ | PROT_WRITE, pages,
				 b->index);
	return err ? err : touch_pages(b);
}

static int gntdev_unmap(struct xt_bench *b, size_t pages)
{
	struct ioctl_gntdev_unmap_grant_ref args = {
		.index = b->index,
		.count = (uint32_t)pages,
	};

	xt_bench_drop_va(b);
	return xt_bench_result(
		ioctl(b->gntdev, IOCTL_GNTDEV_UNMAP_GRANT_REF, &args));
}

const struct xt_way xt_way_map = {
	.how = "xen-dmabuf",
	.what = { "map", "release" },
	.mark = 1,
	.step = { dmabuf_map, dmabuf_release },
	.done = xt_bench_drop,
};

const struct xt_way xt_way_map_bare = {
	.how = "bare calls",
	.what = { "map", "release" },
	.mark = 3,
	.ready = bare_ready,
	.step = { bare_map, bare_unmap },
};

const struct xt_way xt_way_map_gntdev = {
	.how = "gntdev",
	.what = { "map", "release" },
	.mark = 5,
	.ready = gntdev_ready,
	.step = { gntdev_map, gntdev_unmap },
	.done = xt_bench_drop,
};

const struct xt_way xt_way_map_mmap = {
	.how = "xen-dmabuf and mmap",
	.what = { "map", "release" },
	.mark = 7,
	.step = { dmabuf_map_mmap, dmabuf_release },
	.done = xt_bench_drop,
};

/* ---- granting: this driver ---- */

/* Memory of xdb_bench, whose exporter does next to nothing */
static int bare_memory(struct xt_bench *b, size_t pages)
{
	int fd;

	if (b->bare < 0)
		return -EOPNOTSUPP;
	if (ioctl(b->bare, XDB_BENCH_IOC_PAGES, pages))
		return -errno;
	fd = ioctl(b->bare, XDB_BENCH_IOC_DMABUF);
	if (fd < 0)
		return -errno;
	b->dmabuf = fd;
	return 0;
}

static int dmabuf_grant(struct xt_bench *b, size_t pages)
{
	return xendmabuf_grant(b->x, b->dmabuf, 0, b->domid, 0, b->granted,
			       pages, &b->lease);
}

static int dmabuf_revoke(struct xt_bench *b, size_t pages)
{
	int err = xendmabuf_lease_revoke(b->lease);

	(void)pages;
	if (!err)
		err = xendmabuf_lease_wait(b->lease, WAIT_MS);
	xt_bench_drop_lease(b);
	return err;
}

static void drop_lease_only(struct xt_bench *b, size_t pages)
{
	(void)pages;
	xt_bench_drop_lease(b);
}

/* ---- granting: the bare calls ---- */

static int bare_grant(struct xt_bench *b, size_t pages)
{
	return bare_refs(b, XDB_BENCH_IOC_GRANT, b->granted, pages);
}

static int bare_end(struct xt_bench *b, size_t pages)
{
	(void)pages;
	return xt_bench_result(ioctl(b->bare, XDB_BENCH_IOC_END));
}

/* ---- granting: gntalloc, which also allocates the pages ---- */

static int gntalloc_ready(struct xt_bench *b, size_t pages)
{
	/* gntalloc's count has 16 bits */
	return b->gntalloc < 0 || pages > UINT16_MAX ? -EOPNOTSUPP : 0;
}

static int gntalloc_share(struct xt_bench *b, size_t pages)
{
	struct ioctl_gntalloc_alloc_gref *args;
	int err;

	args = malloc(sizeof(*args) + pages * sizeof(uint32_t));
	if (!args)
		return -ENOMEM;
	args->domid = b->domid;
	args->flags = GNTALLOC_FLAG_WRITABLE;
	args->count = (uint32_t)pages;
	err = xt_bench_result(
		ioctl(b->gntalloc, IOCTL_GNTALLOC_ALLOC_GREF, args));
	b->index = args->index;
	free(args);
	return err ? err
		   : mmap_pages(b, b->gntalloc, PROT_READ | PROT_WRITE, pages,
				b->index);
}

static int gntalloc_end(struct xt_bench *b, size_t pages)
{
	struct ioctl_gntalloc_dealloc_gref args = {
		.index = b->index,
		.count = (uint32_t)pages,
	};

	xt_bench_drop_va(b);
	return xt_bench_result(
		ioctl(b->gntalloc, IOCTL_GNTALLOC_DEALLOC_GREF, &args));
}

const struct xt_way xt_way_grant = {
	.how = "xen-dmabuf",
	.what = { "grant", "revoke" },
	.mark = 9,
	.ready = bare_memory,
	.step = { dmabuf_grant, dmabuf_revoke },
	.done = xt_bench_drop,
};

const struct xt_way xt_way_grant_bare = {
	.how = "bare calls",
	.what = { "grant", "revoke" },
	.mark = 11,
	.ready = bare_memory,
	.step = { bare_grant, bare_end },
	.done = xt_bench_drop,
};

const struct xt_way xt_way_grant_system = {
	.how = "xen-dmabuf, system memory",
	.what = { "grant", "revoke" },
	.mark = 13,
	.ready = xt_bench_system_memory,
	.step = { dmabuf_grant, dmabuf_revoke },
	.done = xt_bench_drop,
};

/* One dma-buf, kept between rounds */
const struct xt_way xt_way_grant_again = {
	.how = "xen-dmabuf, system memory",
	.what = { "grant", "revoke" },
	.mark = 13,
	.step = { dmabuf_grant, dmabuf_revoke },
	.done = drop_lease_only,
};

const struct xt_way xt_way_gntalloc = {
	.how = "gntalloc",
	.what = { "grant", "revoke" },
	.mark = 15,
	.ready = gntalloc_ready,
	.step = { gntalloc_share, gntalloc_end },
	.done = xt_bench_drop,
	.allocates = true,
};
