/* SPDX-License-Identifier: GPL-2.0-only */
/* The dma-bufs that a program's buffers are made of (linux-dmabuf).
 *
 * No fence of the kernel's crosses domains.  The descriptors of the planes stay here
 * as long as the buffer does: so each frame can wait until it is drawn, whichever
 * device draws it, and its program can be told when the compositor has let go.
 */
#ifndef XWL_AGENT_SYNC_PLANES_H
#define XWL_AGENT_SYNC_PLANES_H

#include "agent/proxy.h"
#include "agent/sync/release.h"
#include "wire/fds.h"
#include "wire/handler.h"

/* Hangs on the parameters, then on the wl_buffer that is made with them */
struct xwl_planes {
	struct xwl_attached attached;
	struct xwl_proxy *proxy;
	unsigned int nr;
	int fd[XWL_PLANES_MAX];
	struct xwl_letting_go shown; /* frames in it that the compositor has */
};

/** xwl_planes_of - NULL: the buffer is not made of dma-bufs */
struct xwl_planes *xwl_planes_of(const struct xwl_object *buffer);
/** xwl_planes_busy - one that is still written to; -1: all are drawn */
int xwl_planes_busy(const struct xwl_planes *planes);

/* requests, for a proxy; those behind which something is to be done; and events */
extern const struct xwl_handler xwl_planes_requests[];
extern const struct xwl_handler xwl_planes_sent[];
extern const struct xwl_handler xwl_planes_events[];

#endif
