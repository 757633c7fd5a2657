// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "agent/sync/release.h"

/* A program that shows one buffer again and again before it is let go */
#define RELEASES_MAX 64U

int xwl_releases_add(struct xwl_letting_go *l, struct xwl_release *r)
{
	if (l->nr == RELEASES_MAX)
		return -ENOBUFS;
	LIST_INSERT_HEAD(&l->list, r, entry);
	l->nr++;
	return 0;
}

void xwl_releases_tell(struct xwl_letting_go *l)
{
	struct xwl_release *r;

	l->nr = 0;
	while ((r = LIST_FIRST(&l->list))) {
		LIST_REMOVE(r, entry);
		r->end(r, true);
	}
}
