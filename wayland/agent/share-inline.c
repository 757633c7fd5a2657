// SPDX-License-Identifier: GPL-2.0-only
/* Cursors and icons travel as messages: that is cheaper than sharing their pages. */
#include <errno.h>
#include <stdlib.h>

#include "agent/share-inline.h"

#define INLINE_MAX 65536U

static int create_inline(const struct xwl_source *src, struct xwl_link *link,
			 struct xwl_share **out, enum xwl_why *why)
{
	struct xwl_record r = { .type = XWL_BUFFER, .buffer = src->shape };
	struct xwl_share *s;
	int err;

	if (xwl_buffer_bytes(&src->shape) > INLINE_MAX)
		return 1;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->ops = &xwl_share_inline;
	r.buffer.flags = XWL_BUFFER_INLINE;
	r.buffer.offset = 0;
	err = xwl_link_send(link, &r, -1);
	if (err)
		free(s);
	else
		*out = s;
	return err;
}

static int update_inline(struct xwl_share *s, const struct xwl_source *src,
			 struct xwl_link *link, const struct xwl_box *box)
{
	uint32_t stride = (uint32_t)src->shape.stride;
	uint32_t at = (uint32_t)box->y1 * stride;
	uint32_t end = (uint32_t)box->y2 * stride;
	struct xwl_record r = { .type = XWL_PIXELS };
	uint8_t bytes[XWL_PIXELS_MAX];
	int err = 0;

	/* whole rows: the records are few */
	for (; at < end && !err; at += (uint32_t)r.len) {
		r.len = end - at < sizeof(bytes) ? end - at : sizeof(bytes);
		r.bytes = bytes;
		r.pixels.id = src->shape.id;
		r.pixels.offset = at;
		err = xwl_source_read(src, at, bytes, r.len);
		if (!err)
			err = xwl_link_send(link, &r, -1);
	}
	return err;
}

static void destroy_inline(struct xwl_share *s)
{
	free(s);
}

const struct xwl_share_ops xwl_share_inline = {
	.name = "inline",
	.create = create_inline,
	.update = update_inline,
	.destroy = destroy_inline,
};
