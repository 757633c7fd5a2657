/* SPDX-License-Identifier: GPL-2.0-only */
/* One display device of one guest: its connectors, buffers and framebuffers.
 *
 * connect.c connects it, requests.c serves the guest's requests.
 */
#ifndef XD_VDISPL_FRONTEND_H
#define XD_VDISPL_FRONTEND_H

#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>

#include "budget.h"
#include "xenbus/device.h"
#include "common/loop.h"
#include "vdispl/fb.h"
#include "vdispl/proto.h"
#include "vdispl/ring.h"
#include "vdispl/screen.h"

struct xd_daemon;
struct xd_dbuf;
struct xd_frontend;
struct xd_guest;

/* a longer unique-id counts as none */
#define XD_ID_MAX 128

struct xd_connector {
	struct xd_frontend *frontend;
	struct xd_ring ring;
	struct xd_screen screen;
	struct xdc_work more; /* requests left for the next turn */
	struct xd_wait wait; /* until more may be served */
	/* until the screen's next flip may begin */
	struct xdc_timer rest;
	/* how sure it is that the guest flips as often as the screen; 0: it does not */
	unsigned int steady;
	struct xendispl_req held; /* taken from the ring, not served yet */
	bool holds;
	bool late; /* ... and it is over the guest's budget */
	char unique_id[XD_ID_MAX]; /* as the toolstack or guest wrote it */
	uint64_t requests, refused, delayed;
};

struct xd_frontend {
	LIST_ENTRY(xd_frontend) link; /* in the daemon's list */
	struct xd_device dev;
	/* copies of what dev has */
	struct xd_daemon *daemon;
	struct xd_guest *guest;
	uint16_t domid;
	uint32_t devid;
	bool be_alloc; /* agreed at connect */
	unsigned int version; /* of the protocol */
	/* sizes that were there before the guest was let in; 0: none */
	struct {
		uint32_t width, height;
	} given[XD_CONNECTORS_MAX];
	unsigned int nr_connectors;
	struct xd_connector connectors[XD_CONNECTORS_MAX];
	xenevtchn_handle *evtchn;
	struct xdc_source events;
	LIST_HEAD(xd_frontend_dbufs, xd_dbuf) dbufs;
	struct xd_fbs fbs;
};

#endif
