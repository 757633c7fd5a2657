/* SPDX-License-Identifier: GPL-2.0-only */
/* A frontend of the test's own, for misuse: rings, pages and nodes of a guest. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xen/io/xenbus.h>

#include "vdispl/ring.h"

#define XR24 0x34325258U
#define YUYV 0x56595559U
/* more than the daemon serves */
#define HOSTILE_CONNECTORS 6

struct hostile_ring {
	struct xen_displif_sring *ring;
	struct xendispl_event_page *events;
	uint32_t req_ref, evt_ref;
	uint32_t prod, cons; /* requests put, answers taken */
	int req_port, evt_port;
};

struct hostile {
	struct xs_handle *xs;
	xengntshr_handle *shr;
	xenevtchn_handle *evtchn;
	struct hostile_ring rings[HOSTILE_CONNECTORS];
	struct hostile_ring *r; /* the one in use */
	char be_path[128];
	unsigned int patience; /* seconds */
	unsigned int checks;
};

int hostile_open(struct hostile *h);
/** hostile_check - write a check's result to xenstore for test-displd-guests */
void hostile_check(struct hostile *h, const char *name, bool good, int got);
void hostile_equal(struct hostile *h, const char *name, int want, int got);

void hostile_state(struct hostile *h, const char *state);
/** hostile_backend - the backend's current state, -1 if it has none */
int hostile_backend(struct hostile *h);
/** hostile_backend_is - whether the backend reaches the state within the patience */
bool hostile_backend_is(struct hostile *h, enum xenbus_state state);
void hostile_write(struct hostile *h, const char *node, const char *value);
void hostile_number(struct hostile *h, const char *node, uint32_t value);
/** hostile_offer - write nodes for a connector of 64x16 with new rings */
void hostile_offer(struct hostile *h, unsigned int connector);
/** hostile_join - go through the states to Connected, with the nodes as they are */
bool hostile_join(struct hostile *h);
/** hostile_connect - new rings for the first connector, and join */
bool hostile_connect(struct hostile *h);

/** hostile_put - write a request into the ring without notifying the backend */
void hostile_put(struct hostile *h, const struct xendispl_req *req);
void hostile_tell(struct hostile *h);
/** hostile_answer - the status of the next response; 1 if none comes in time */
int hostile_answer(struct hostile *h);
/** hostile_ask - put a request, notify the backend, return the response's status */
int hostile_ask(struct hostile *h, struct xendispl_req req);

/** hostile_page - one page shared with the backend, zeroed */
void *hostile_page(struct hostile *h, uint32_t *ref);
/**
 * hostile_directory - a page directory of so many references, with pages of its own
 * @share: so often each page is there; xen-displd allows 16
 *
 * Return: the reference of its first page.
 */
uint32_t hostile_directory(struct hostile *h, unsigned int pages,
			   unsigned int share);

struct xendispl_req hostile_request(uint8_t op);
/** hostile_create - DBUF_CREATE of @w by @rows with 32 bits, or without a geometry */
struct xendispl_req hostile_create(uint64_t cookie, uint32_t w, uint32_t rows,
				   uint32_t size, uint32_t dir);
struct xendispl_req hostile_attach(uint64_t dbuf, uint64_t fb, uint32_t w,
				   uint32_t rows, uint32_t format);
/** hostile_with_fb - SET_CONFIG, PG_FLIP, FB_DETACH; DBUF_DESTROY of a buffer */
struct xendispl_req hostile_with_fb(uint8_t op, uint64_t cookie);

/** hostile_nodes - misuse of the guest's nodes in xenstore and of its rings */
void hostile_nodes(struct hostile *h, uint32_t dir_ref);

#endif
