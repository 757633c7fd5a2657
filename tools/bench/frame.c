// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of one frame.  A buffer that stays shared needs only the two calls that
 * bracket accesses of the CPU, and for a device not even these.  The alternatives
 * copy the frame.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <xen/xen.h>

/* after what it needs */
#include <xen/grant_table.h>

#include <xen/gntdev.h>

#include "say.h"
#include "compare.h"
#include "ways.h"

static int shared_frame(struct xt_bench *b, size_t pages)
{
	int err = xendmabuf_access_begin(b->dmabuf, XENDMABUF_READ);

	(void)pages;
	return err ? err : xendmabuf_access_end(b->dmabuf, XENDMABUF_READ);
}

static int copied_frame(struct xt_bench *b, size_t pages)
{
	memcpy(b->frame, b->va, pages * XENDMABUF_PAGE_SIZE);
	return 0;
}

static int grant_copied_frame(struct xt_bench *b, size_t pages)
{
	struct gntdev_grant_copy_segment *segments;
	struct ioctl_gntdev_grant_copy args = { .count = (unsigned int)pages };
	int err = 0;
	size_t i;

	segments = calloc(pages, sizeof(*segments));
	if (!segments)
		return -ENOMEM;
	for (i = 0; i < pages; i++) {
		segments[i].source.foreign.ref = b->refs[i];
		segments[i].source.foreign.domid = b->domid;
		segments[i].dest.virt =
			(char *)b->frame + i * XENDMABUF_PAGE_SIZE;
		segments[i].len = XENDMABUF_PAGE_SIZE;
		segments[i].flags = GNTCOPY_source_gref;
	}
	args.segments = segments;
	if (ioctl(b->gntdev, IOCTL_GNTDEV_GRANT_COPY, &args))
		err = -errno;
	for (i = 0; i < pages && !err; i++)
		if (segments[i].status)
			err = -EIO;
	free(segments);
	return err;
}

/* The share is made before the timed step, as a program would do it */
static int shared_ready(struct xt_bench *b, size_t pages)
{
	return xt_way_map_mmap.step[0](b, pages);
}

static void shared_done(struct xt_bench *b, size_t pages)
{
	xt_way_map_mmap.done(b, pages);
}

static int gntdev_ready(struct xt_bench *b, size_t pages)
{
	int err = xt_way_map_gntdev.ready(b, pages);

	return err ? err : xt_way_map_gntdev.step[0](b, pages);
}

static void gntdev_done(struct xt_bench *b, size_t pages)
{
	if (b->va)
		xt_way_map_gntdev.step[1](b, pages);
}

static int gntdev_there(struct xt_bench *b, size_t pages)
{
	return xt_way_map_gntdev.ready(b, pages);
}

static const struct xt_way frames[] = {
	{
		.how = "xen-dmabuf, shared",
		.what = { "frame" },
		.mark = 17,
		.ready = shared_ready,
		.step = { shared_frame },
		.done = shared_done,
	},
	{
		.how = "memcpy through gntdev",
		.what = { "frame" },
		.mark = 18,
		.ready = gntdev_ready,
		.step = { copied_frame },
		.done = gntdev_done,
		.copies = true,
	},
	{
		.how = "grant copy",
		.what = { "frame" },
		.mark = 19,
		.ready = gntdev_there,
		.step = { grant_copied_frame },
		.copies = true,
	},
};

int xt_bench_frame(struct xt_bench *b, size_t pages)
{
	int ret;

	xt_say("using a frame of %zu pages", pages);
	b->frame_size = pages * XENDMABUF_PAGE_SIZE;
	b->frame = aligned_alloc(XENDMABUF_PAGE_SIZE, b->frame_size);
	if (!b->frame)
		return xt_fail("out of memory");
	memset(b->frame, 0, b->frame_size);
	ret = xt_bench_ways(b, frames, sizeof(frames) / sizeof(frames[0]),
			    pages);
	free(b->frame);
	b->frame = NULL;
	return ret;
}
