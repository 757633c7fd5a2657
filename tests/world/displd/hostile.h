/* SPDX-License-Identifier: GPL-2.0-only */
/* A frontend that is ours to misuse: rings, pages and xenstore of a guest. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xen/io/xenbus.h>

#include "ring.h"

struct hostile {
	struct xs_handle *xs;
	xengntshr_handle *shr;
	xenevtchn_handle *evtchn;
	struct xen_displif_sring *ring;
	struct xendispl_event_page *events;
	uint32_t prod, cons; /* requests put, answers had */
	int req_port, evt_port;
	char be_path[128];
	unsigned int patience; /* seconds */
};

int hostile_open(struct hostile *h);
void hostile_state(struct hostile *h, const char *state);
/** hostile_backend_is - before the patience is at its end */
bool hostile_backend_is(struct hostile *h, enum xenbus_state state);
void hostile_write(struct hostile *h, const char *node, const char *value);
/** hostile_connect - new rings, and through the states to Connected */
bool hostile_connect(struct hostile *h);

/** hostile_put - a request into the ring, not told yet */
void hostile_put(struct hostile *h, const struct xendispl_req *req);
void hostile_tell(struct hostile *h);
/** hostile_answer - the next one's status; 1 if none comes in five seconds */
int hostile_answer(struct hostile *h);
/** hostile_ask - put, tell, answer */
int hostile_ask(struct hostile *h, struct xendispl_req req);

/** hostile_page - one page shared with the backend, zeroed */
void *hostile_page(struct hostile *h, uint32_t *ref);

#endif
