/* SPDX-License-Identifier: GPL-2.0-only */
/* The two shared pages of a connector: a ring of requests and responses, and a
 * page of events.
 *
 * The guest can write to both at any time.  A request is copied before it is
 * looked at, and indices that decide where to write are never read back.
 */
#ifndef XD_VDISPL_RING_H
#define XD_VDISPL_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include <xen/io/displif.h>

#define XD_RING_PAGE 4096

struct xd_ring_params {
	uint32_t req_ref, req_port, evt_ref, evt_port;
};

struct xd_ring {
	xengnttab_handle *gnttab;
	xenevtchn_handle *evtchn;
	struct xen_displif_back_ring req;
	struct xendispl_event_page *page;
	uint32_t evt_prod; /* private copy; also the next event's id */
	int req_port, evt_port; /* local ports, -1 if not bound */
	bool notify; /* responses not pushed yet */
	bool masked; /* no event comes from req_port */
};

/** xd_ring_attach - xd_ring_open() for pages that are mapped already */
void xd_ring_attach(struct xd_ring *r, void *req_page, void *evt_page);
int xd_ring_open(struct xd_ring *r, xengnttab_handle *gnttab,
		 xenevtchn_handle *evtchn, uint16_t domid,
		 const struct xd_ring_params *params);
void xd_ring_close(struct xd_ring *r);

/** xd_ring_next - 1: @req is set, 0: none, EPROTO: invalid indices */
int xd_ring_next(struct xd_ring *r, struct xendispl_req *req);
/**
 * xd_ring_listen - after xd_ring_next() has found none: get an event for the next
 *
 * 1: there is a request already, 0: there will be an event, EPROTO: as before.
 * Until it is called, a guest that adds requests need not send events.
 */
int xd_ring_listen(struct xd_ring *r);
/** xd_ring_heard - an event has come, and no other will until xd_ring_listen() */
void xd_ring_heard(struct xd_ring *r);
/** xd_ring_answer - put a response, for xd_ring_push() */
void xd_ring_answer(struct xd_ring *r, const struct xendispl_resp *resp);
void xd_ring_push(struct xd_ring *r);
/** xd_ring_flipped - send the event that a page flip is complete */
void xd_ring_flipped(struct xd_ring *r, uint64_t fb_cookie);

#endif
