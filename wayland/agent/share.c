// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "agent/share.h"

enum xwl_why xwl_share_why_not(int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return XWL_WHY_NO_MAKER;
	case -EFBIG:
		return XWL_WHY_TOO_LARGE;
	case -EDQUOT:
	case -ENOSPC:
		return XWL_WHY_NO_ROOM;
	default:
		return XWL_WHY_REFUSED;
	}
}

int xwl_source_read(const struct xwl_source *src, uint64_t at, void *out,
		    size_t len)
{
	uint8_t *p = out;
	ssize_t n;

	while (len) {
		n = pread(src->fd, p, len, (off_t)(src->offset + at));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

void xwl_source_span(const struct xwl_source *src, const struct xwl_box *box,
		     uint32_t *at, uint32_t *len)
{
	const struct xwl_buffer_record *s = &src->shape;

	/* of other formats whole rows: pixels may share bytes, or be in planes */
	if (s->format != WL_SHM_FORMAT_ARGB8888 &&
	    s->format != WL_SHM_FORMAT_XRGB8888) {
		*at = 0;
		*len = (uint32_t)s->stride;
		return;
	}
	*at = (uint32_t)box->x1 * 4;
	*len = (uint32_t)(box->x2 - box->x1) * 4;
	/* one read for all rows is cheaper than one for each, unless it is much more */
	if (*len > (uint32_t)s->stride / 2) {
		*at = 0;
		*len = (uint32_t)s->stride;
	}
}
