/* SPDX-License-Identifier: GPL-2.0-only */
/* One device of one guest: xenbus states, connectors, buffers, and what the
 * guest's requests do to them.
 */
#ifndef XD_FRONTEND_H
#define XD_FRONTEND_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/io/xenbus.h>

#include "loop.h"
#include "proto.h"
#include "ring.h"
#include "screen.h"

struct xd_daemon;
struct xd_guest;
struct xd_dbuf;
struct xd_fb;
struct xd_frontend;

struct xd_connector {
	struct xd_frontend *frontend;
	struct xd_ring ring;
	struct xd_screen screen;
	struct xd_work more; /* requests left for the next turn */
	char unique_id[64];
	uint64_t requests, refused;
};

struct xd_frontend {
	struct xd_frontend *next;
	struct xd_daemon *daemon;
	struct xd_guest *guest;
	uint16_t domid;
	uint32_t devid;
	char be_path[64], fe_path[64];
	enum xenbus_state be_state; /* as we wrote it last */
	enum xenbus_state fe_state; /* as we read it last */
	bool connected; /* the rings are there */
	bool be_alloc; /* agreed at connect */
	unsigned int version; /* of the protocol */
	unsigned int nr_connectors;
	struct xd_connector connectors[XD_CONNECTORS_MAX];
	xenevtchn_handle *evtchn;
	struct xd_source events;
	struct xd_dbuf *dbufs;
	struct xd_fb *fbs;
	struct xd_timer retry; /* after a fault, not at once */
	bool held; /* until then */
};

/** xd_frontend_changed - a device may be new, changed or gone */
void xd_frontend_changed(struct xd_daemon *d, uint16_t domid, uint32_t devid);
/** xd_frontend_free - let go of everything; xenstore is left as it is */
void xd_frontend_free(struct xd_frontend *f);
/** xd_frontend_shutdown - the daemon ends: tell the guest, and free */
void xd_frontend_shutdown(struct xd_frontend *f);

/** xd_frontend_fail - the guest has broken the protocol: its display ends */
void xd_frontend_fail(struct xd_frontend *f, const char *why);

/** xd_request - do what a request asks (requests.c) */
void xd_request(struct xd_connector *c, const struct xendispl_req *req);
/** xd_requests_drop - buffers and framebuffers go, screens first */
void xd_requests_drop(struct xd_frontend *f);

#endif
