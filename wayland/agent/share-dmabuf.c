// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "agent/share-dmabuf.h"

static int create_dmabuf(const struct xwl_source *src, struct xwl_link *link,
			 struct xwl_share **out, enum xwl_why *why)
{
	struct xwl_record r = { .type = XWL_BUFFER, .buffer = src->shape };
	struct xwl_share *s;
	int err, fd;

	if (!src->dmabuf)
		return 1;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->ops = &xwl_share_dmabuf;
	r.buffer.offset = (uint32_t)src->offset;
	fd = fcntl(src->fd, F_DUPFD_CLOEXEC, 0);
	err = fd < 0 ? -errno : xwl_link_send(link, &r, fd);
	if (err)
		free(s);
	else
		*out = s;
	return err;
}

static void destroy_dmabuf(struct xwl_share *s)
{
	free(s);
}

const struct xwl_share_ops xwl_share_dmabuf = {
	.name = "shared",
	.create = create_dmabuf,
	.destroy = destroy_dmabuf,
};
