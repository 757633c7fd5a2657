// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dma-buf calls of the in-tree gntdev, in a kernel that has them as a device of
 * its own (bench/in-tree).  The references are part of the ioctl's arguments.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>

/* after what it needs */
#include <xen/grant_table.h>

#include <xen/gntdev.h>

#include "in-tree.h"

#define WAIT_MS 60000

static int in_tree_ready(struct xt_bench *b, size_t pages)
{
	(void)pages;
	return b->in_tree < 0 ? -EOPNOTSUPP : 0;
}

static int in_tree_map(struct xt_bench *b, size_t pages)
{
	struct ioctl_gntdev_dmabuf_exp_from_refs *args;
	int err;

	args = calloc(1, sizeof(*args) + pages * sizeof(args->refs[0]));
	if (!args)
		return -ENOMEM;
	args->count = (uint32_t)pages;
	args->domid = b->domid;
	memcpy(args->refs, b->refs, pages * sizeof(args->refs[0]));
	err = xt_bench_result(
		ioctl(b->in_tree, IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS, args));
	if (!err)
		b->dmabuf = (int)args->fd;
	free(args);
	return err;
}

static int in_tree_release(struct xt_bench *b, size_t pages)
{
	struct ioctl_gntdev_dmabuf_exp_wait_released args = {
		.fd = (uint32_t)b->dmabuf,
		.wait_to_ms = WAIT_MS,
	};
	int err;

	(void)pages;
	close(b->dmabuf);
	b->dmabuf = -1;
	err = xt_bench_result(ioctl(
		b->in_tree, IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED, &args));
	/* released already */
	return err == -ENOENT ? 0 : err;
}

static int in_tree_grant_ready(struct xt_bench *b, size_t pages)
{
	int err = in_tree_ready(b, pages);

	return err ? err : xt_bench_system_memory(b, pages);
}

static int in_tree_grant(struct xt_bench *b, size_t pages)
{
	struct ioctl_gntdev_dmabuf_imp_to_refs *args;
	int err;

	args = calloc(1, sizeof(*args) + pages * sizeof(args->refs[0]));
	if (!args)
		return -ENOMEM;
	args->fd = (uint32_t)b->dmabuf;
	args->count = (uint32_t)pages;
	args->domid = b->domid;
	err = xt_bench_result(
		ioctl(b->in_tree, IOCTL_GNTDEV_DMABUF_IMP_TO_REFS, args));
	if (!err)
		memcpy(b->granted, args->refs, pages * sizeof(args->refs[0]));
	free(args);
	return err;
}

static int in_tree_end(struct xt_bench *b, size_t pages)
{
	struct ioctl_gntdev_dmabuf_imp_release args = {
		.fd = (uint32_t)b->dmabuf,
	};

	(void)pages;
	return xt_bench_result(
		ioctl(b->in_tree, IOCTL_GNTDEV_DMABUF_IMP_RELEASE, &args));
}

const struct xt_way xt_way_map_in_tree = {
	.how = "gntdev's dma-buf calls",
	.what = { "map", "release" },
	.mark = 21,
	.ready = in_tree_ready,
	.step = { in_tree_map, in_tree_release },
	.done = xt_bench_drop,
};

const struct xt_way xt_way_grant_in_tree = {
	.how = "gntdev's dma-buf calls",
	.what = { "grant", "revoke" },
	.mark = 23,
	.ready = in_tree_grant_ready,
	.step = { in_tree_grant, in_tree_end },
	.done = xt_bench_drop,
};
