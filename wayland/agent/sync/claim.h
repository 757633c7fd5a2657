/* SPDX-License-Identifier: GPL-2.0-only */
/* An object with which a program synchronises the frames of one surface. */
#ifndef XWL_AGENT_SYNC_CLAIM_H
#define XWL_AGENT_SYNC_CLAIM_H

#include "agent/proxy.h"
#include "agent/sync/frame.h"
#include "wire/handler.h"

/**
 * xwl_claim_begin - a request with its new object and its surface
 * @pointed: with points of timelines
 *
 * Return: XWL_DONE.  EPROTO: the surface has such an object.  ENOMEM.
 */
int xwl_claim_begin(struct xwl_proxy *p, const struct xwl_object *o,
		    const struct xwl_message *m, bool pointed);
/** xwl_claim_sync - of the surface; NULL: it is gone, and p->why says so */
struct xwl_frame_sync *xwl_claim_sync(struct xwl_proxy *p,
				      const struct xwl_object *o);
/** xwl_claim_end - a request that destroys the object, and what it has set.  XWL_DONE */
int xwl_claim_end(void *proxy, struct xwl_object *o, struct xwl_message *m);

#endif
