/* SPDX-License-Identifier: GPL-2.0-only */
/* Pools and buffers of wl_shm, which end in this half. */
#ifndef XWL_AGENT_POOL_H
#define XWL_AGENT_POOL_H

#include "agent/proxy.h"
#include "agent/share.h"
#include "wire/handler.h"

/* requests, for a proxy */
extern const struct xwl_handler xwl_pool_requests[];

/* A wl_buffer of wl_shm: hangs on its object */
struct xwl_buffer {
	struct xwl_attached attached;
	LIST_ENTRY(xwl_buffer) entry;
	struct xwl_pool *pool;
	struct xwl_source source;
	struct xwl_share *share; /* NULL: the host's half does not know it */
	unsigned int tries; /* to share it; there was no room */
	/* drawn in since it was copied last */
	struct xwl_box stale;
	uint32_t surface; /* serial of the one that it was shown on last; 0: none */
};

/** xwl_buffer_of - NULL: the object is no buffer of wl_shm */
struct xwl_buffer *xwl_buffer_of(const struct xwl_object *o);
/**
 * xwl_buffer_announce - the host's half learns of it, unless it knows it
 *
 * EAGAIN: there is no room for it yet: p->waiting is true until it may be tried again.
 * After any other error p->why says what was wrong.
 */
int xwl_buffer_announce(struct xwl_proxy *p, struct xwl_buffer *b);
/**
 * xwl_buffer_renew - if the host has not the program's memory any more, it gets it
 *
 * Return: 1: it was so, and the buffer has to be attached again.  0.  The same errors.
 */
int xwl_buffer_renew(struct xwl_proxy *p, struct xwl_buffer *b);
/** xwl_buffer_update - bring what is stale to the host's half; the same errors */
int xwl_buffer_update(struct xwl_proxy *p, struct xwl_buffer *b);

#endif
