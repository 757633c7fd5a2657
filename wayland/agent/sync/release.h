/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program wants to be told when the compositor has let go of a frame. */
#ifndef XWL_AGENT_SYNC_RELEASE_H
#define XWL_AGENT_SYNC_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct xwl_release {
	LIST_ENTRY(xwl_release) entry; /* once its frame is committed */
	/* free this; tell the program before, unless its frame was never committed */
	void (*end)(struct xwl_release *r, bool committed);
};
/* Of one buffer */
struct xwl_letting_go {
	LIST_HEAD(xwl_releases, xwl_release) list;
	unsigned int nr;
};

/** xwl_releases_add - a frame was committed.  ENOBUFS: so many are with the compositor */
int xwl_releases_add(struct xwl_letting_go *l, struct xwl_release *r);
/** xwl_releases_tell - the compositor does not read the buffer any more */
void xwl_releases_tell(struct xwl_letting_go *l);

#endif
