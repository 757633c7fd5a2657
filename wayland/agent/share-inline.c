// SPDX-License-Identifier: GPL-2.0-only
/* Buffers whose pixels are sent as messages: cursors and icons, for which this is cheaper
 * than to share pages, and larger buffers where no memory can be shared.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/share-inline.h"

#define INLINE_MAX 65536U

/* A full frame of it fits into what may wait for the channel */
#define SENT_MAX (8U << 20)

static int create_sent(const struct xwl_source *src, struct xwl_link *link,
		       const struct xwl_share_ops *ops, enum xwl_why why,
		       struct xwl_share **out)
{
	struct xwl_record r = { .type = XWL_BUFFER,
				.arg = why,
				.buffer = src->shape };
	struct xwl_share *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->ops = ops;
	r.buffer.flags = XWL_BUFFER_INLINE |
			 (src->again ? XWL_BUFFER_AGAIN : 0);
	r.buffer.offset = 0;
	err = xwl_link_send(link, &r, -1);
	if (err)
		free(s);
	else
		*out = s;
	return err;
}

static int create_inline(const struct xwl_source *src, struct xwl_link *link,
			 struct xwl_share **out, enum xwl_why *why)
{
	if (xwl_buffer_bytes(&src->shape) > INLINE_MAX)
		return 1;
	return create_sent(src, link, &xwl_share_inline, XWL_WHY_SHARED, out);
}

static int create_last(const struct xwl_source *src, struct xwl_link *link,
		       struct xwl_share **out, enum xwl_why *why)
{
	if (xwl_buffer_bytes(&src->shape) > SENT_MAX)
		return 1;
	return create_sent(src, link, &xwl_share_sent, *why, out);
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

const struct xwl_share_ops xwl_share_sent = {
	.name = "sent",
	.create = create_last,
	.update = update_inline,
	.destroy = destroy_inline,
};
