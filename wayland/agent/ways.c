// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "agent/share-copy.h"
#include "agent/share-dmabuf.h"
#include "agent/share-inline.h"
#include "agent/share-pages.h"
#include "agent/ways.h"

/* In the order in which they are tried */
static const struct xwl_share_ops *const ways[] = {
	&xwl_share_dmabuf, &xwl_share_inline, &xwl_share_pages,
	&xwl_share_copy,   &xwl_share_sent,
};

int xwl_ways_create(const struct xwl_source *src, struct xwl_link *link,
		    struct xwl_share **out, enum xwl_why *why)
{
	size_t i;
	int ret;

	*why = XWL_WHY_OFF;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		ret = ways[i]->create(src, link, out, why);
		if (ret <= 0)
			return ret;
	}
	return -EOPNOTSUPP;
}
