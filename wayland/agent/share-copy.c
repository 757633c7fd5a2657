// SPDX-License-Identifier: GPL-2.0-only
/* What has changed is copied into memory that is shared once. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/share-copy.h"
#include "common/container_of.h"
#include "common/pages.h"
#include "wire/memory.h"

struct copy {
	struct xwl_share share;
	uint8_t *bytes;
	size_t size;
};

static void destroy_copy(struct xwl_share *s)
{
	struct copy *c = container_of(s, struct copy, share);

	if (c->bytes)
		munmap(c->bytes, c->size);
	free(c);
}

static int make_memory(struct copy *c, int *fd)
{
	*fd = xwl_memory_make(c->size, &c->bytes);
	return *fd < 0 ? *fd : 0;
}

/*
 * The dma-buf takes the memory's place: across domains no file can be seen.  What keeps
 * this one from being made matters more than what the program's file lacks.
 */
static int bring_across(const struct xwl_source *src, size_t size, int *fd,
			enum xwl_why *why)
{
	int dmabuf = src->across->make(src->across, *fd, 0, size);

	close(*fd);
	*fd = dmabuf;
	if (dmabuf >= 0)
		return 0;
	*why = xwl_share_why_not(dmabuf);
	return 1;
}

static int create_copy(const struct xwl_source *src, struct xwl_link *link,
		       struct xwl_share **out, enum xwl_why *why)
{
	struct xwl_record r = { .type = XWL_BUFFER,
				.arg = *why,
				.buffer = src->shape };
	struct copy *c;
	int err, fd;

	/* for the program's pages there was none, and these are as many */
	if (src->across && *why == XWL_WHY_NO_ROOM)
		return 1;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->share.ops = &xwl_share_copy;
	/* dma-bufs are whole pages */
	c->size = (xwl_buffer_bytes(&src->shape) + XDC_PAGE - 1) &
		  ~(size_t)(XDC_PAGE - 1);
	r.buffer.flags = src->again ? XWL_BUFFER_AGAIN : 0;
	r.buffer.offset = 0;
	err = make_memory(c, &fd);
	if (!err && src->across)
		err = bring_across(src, c->size, &fd, why);
	if (!err)
		err = xwl_link_send(link, &r, fd);
	if (err)
		destroy_copy(&c->share);
	else
		*out = &c->share;
	return err;
}

static int update_copy(struct xwl_share *s, const struct xwl_source *src,
		       struct xwl_link *link, const struct xwl_box *box)
{
	struct copy *c = container_of(s, struct copy, share);
	uint32_t stride = (uint32_t)src->shape.stride, first, len;
	size_t at;
	int32_t y;
	int err = 0;

	xwl_source_span(src, box, &first, &len);
	at = (size_t)box->y1 * stride + first;
	if (len == stride)
		return xwl_source_read(src, at, c->bytes + at,
				       (size_t)(box->y2 - box->y1) * stride);
	for (y = box->y1; y < box->y2 && !err; y++, at += stride)
		err = xwl_source_read(src, at, c->bytes + at, len);
	return err;
}

const struct xwl_share_ops xwl_share_copy = {
	.name = "copied",
	.create = create_copy,
	.update = update_copy,
	.destroy = destroy_copy,
};
