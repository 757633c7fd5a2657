/* SPDX-License-Identifier: GPL-2.0-only */
/* Ids of objects that a compositor makes.
 *
 * libwayland wants them from its client without gaps, and both the host's half and
 * this one make such objects: so a program has them under ids of this half's.  Those
 * that are this half's own have the peer 0.
 */
#ifndef XWL_AGENT_IDS_H
#define XWL_AGENT_IDS_H

#include "agent/proxy.h"
#include "wire/message.h"

/**
 * xwl_ids_new - an object of this half's own, under the lowest free id
 *
 * ENOSPC: there is none.  ENOMEM.
 */
int xwl_ids_new(struct xwl_proxy *p, const struct wl_interface *interface,
		uint32_t version, struct xwl_object **out);

/** xwl_ids_find - what the host's half means by an id; NULL: nothing, dead or alive */
struct xwl_object *xwl_ids_find(struct xwl_proxy *p, uint32_t id);
/**
 * xwl_ids_event - an event of @o: add what it makes, and have it in the program's ids
 *
 * Return: XWL_PASS, or XWL_DONE: it is about objects that the program does not have.
 * EPROTO, ENOSPC, ENOMEM: with the reason in p->why.
 */
int xwl_ids_event(struct xwl_proxy *p, const struct xwl_object *o,
		  struct xwl_message *m);
/**
 * xwl_ids_request - have a request of @o in the host's ids
 *
 * EPROTO: it names an object that the host's half does not know.
 */
int xwl_ids_request(struct xwl_proxy *p, const struct xwl_object *o,
		    struct xwl_message *m);
/** xwl_ids_kill - the program has destroyed it, of whichever range it is */
void xwl_ids_kill(struct xwl_proxy *p, struct xwl_object *o);

#endif
