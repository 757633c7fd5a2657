/* SPDX-License-Identifier: GPL-2.0-only */
/* What the next frame of a surface waits for, and what is to be told of its end.
 *
 * A frame in dma-bufs is passed on when it has been drawn: when a point or a fence that
 * its program names has signalled, or else all that the kernel knows of being written
 * to its buffer.  Until then the program's later requests wait, too, whatever they are
 * about; libwayland's socket keeps them.
 */
#ifndef XWL_AGENT_SYNC_FRAME_H
#define XWL_AGENT_SYNC_FRAME_H

#include "agent/proxy.h"
#include "agent/sync/release.h"

/* A point of a timeline */
struct xwl_point {
	uint32_t timeline; /* the serial of its object; 0: none */
	uint64_t value;
};

/* Of one surface */
struct xwl_frame_sync {
	bool taken; /* an object of one of the protocols is about the surface */
	bool pointed; /* of linux-drm-syncobj: each frame has two points */
	/* of the next frame: readable when it is drawn; -1: the kernel knows */
	int acquire;
	struct xwl_release *release; /* NULL: nobody asks */
	struct xwl_point from, until; /* that both of them are about */
};

void xwl_frame_sync_init(struct xwl_frame_sync *s);
/** xwl_frame_sync_drop - what was set for the next frame is void */
void xwl_frame_sync_drop(struct xwl_frame_sync *s);
/**
 * xwl_frame_sync_acquire - the next frame is drawn when @fd is readable
 * @fd: taken over; what was set before is closed
 */
void xwl_frame_sync_acquire(struct xwl_frame_sync *s, int fd);
/** xwl_frame_sync_release - when the next frame is let go; instead of what was set */
void xwl_frame_sync_release(struct xwl_frame_sync *s, struct xwl_release *r);
/**
 * xwl_frame_sync_commit - may the surface's commit be passed on?
 * @buffer: it was attached since the last commit; NULL: none was
 *
 * EAGAIN: not yet: p->waiting is true until it may be tried again.  EPROTO: what the
 * program has set and what it commits do not fit.  Or an error of epoll_ctl().
 */
int xwl_frame_sync_commit(struct xwl_proxy *p, struct xwl_frame_sync *s,
			  const struct xwl_object *buffer);

#endif
