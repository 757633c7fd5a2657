// SPDX-License-Identifier: GPL-2.0-only
/* What a guest may do to its directory in xenstore, and to its rings. */
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xen/errno.h>

#include "hostile.h"

/* seconds: for an answer that must not come, a refusal, an answer; and of state changes */
#define SOON 2
#define SHORT 3
#define USUAL 15
#define FLAPS 5

static void close_display(struct hostile *h)
{
	hostile_state(h, "6");
	hostile_backend_is(h, XenbusStateInitWait);
}

/* A frontend that is Initialised with these nodes must not be connected */
static void expect_refused(struct hostile *h, const char *name)
{
	hostile_state(h, "1");
	hostile_backend_is(h, XenbusStateInitWait);
	hostile_state(h, "3");
	h->patience = SHORT;
	hostile_check(h, name, !hostile_backend_is(h, XenbusStateConnected),
		      hostile_backend(h));
	h->patience = USUAL;
	close_display(h);
}

/* Whether the backend answers a request on the ring in use as the protocol says */
static bool is_answered(struct hostile *h)
{
	return hostile_ask(h, hostile_with_fb(XENDISPL_OP_PG_FLIP, 77)) ==
	       -XEN_ENOENT;
}

static bool is_silent(struct hostile *h, unsigned int connector)
{
	bool silent;

	h->r = &h->rings[connector];
	h->patience = SOON;
	silent = hostile_ask(h, hostile_request(0)) == 1;
	h->patience = USUAL;
	h->r = h->rings;
	return silent;
}

/* Invalid indices close the display until the frontend connects anew */
static void break_indices(struct hostile *h)
{
	h->r->prod += 1000;
	hostile_tell(h);
	hostile_check(h, "ring that overflows: display closed",
		      hostile_backend_is(h, XenbusStateClosed), 0);
	hostile_check(h, "ring that overflows: connected again",
		      hostile_connect(h), 0);
	h->r->ring->req_prod = UINT32_MAX;
	xenevtchn_notify(h->evtchn, (evtchn_port_t)h->r->req_port);
	hostile_check(h, "ring that runs backwards: display closed",
		      hostile_backend_is(h, XenbusStateClosed), 0);
	hostile_check(h, "ring that runs backwards: connected again",
		      hostile_connect(h), 0);
	/* fields that only the backend may write */
	h->r->ring->req_event = 12345;
	h->r->ring->rsp_event = UINT32_MAX;
	h->r->events->in_cons = 54321;
	h->r->events->in_prod = UINT32_MAX;
	hostile_check(h, "backend's ring indices overwritten: request answered",
		      is_answered(h), 0);
}

/* The backend reads none of these nodes again before the next connection */
static void change_while_connected(struct hostile *h, uint32_t dir_ref)
{
	struct xendispl_req r;
	uint32_t ref, zero[1024] = { 0 };
	void *page = hostile_page(h, &ref);
	int got;

	/* the guest may remove the toolstack's nodes, but not change them */
	hostile_write(h, "0", NULL);
	hostile_number(h, "0/req-ring-ref", ref);
	hostile_number(h, "0/evt-ring-ref", ref);
	hostile_number(h, "0/req-event-channel", 100000);
	hostile_number(h, "0/evt-event-channel", 100000);
	hostile_check(h, "ring nodes changed while connected: old ring in use",
		      is_answered(h), 0);
	hostile_check(
		h,
		"ring nodes changed while connected: new ring not written to",
		!memcmp(page, zero, 4096), 0);
	hostile_write(h, "0/unique-id", "only");
	hostile_write(h, "0/resolution", "4095x2047");
	hostile_check(
		h,
		"name and resolution changed while connected: request answered",
		is_answered(h), 0);
	hostile_write(h, "version", "2");
	got = hostile_ask(h, hostile_request(XENDISPL_OP_GET_EDID));
	hostile_equal(h,
		      "version changed while connected: GET_EDID: EOPNOTSUPP",
		      -XEN_EOPNOTSUPP, got);
	hostile_write(h, "version", NULL);
	hostile_write(h, "be-alloc", "1");
	r = hostile_create(1, 64, 16, 4096, dir_ref);
	r.op.dbuf_create.flags = XENDISPL_DBUF_FLG_REQ_ALLOC;
	hostile_equal(
		h,
		"be-alloc written by the guest: buffer of the guest accepted",
		0, hostile_ask(h, r));
	hostile_offer(h, 1);
	hostile_check(h, "connector added while connected: not served",
		      is_silent(h, 1), 0);
	hostile_check(h,
		      "connector added while connected: first connector served",
		      is_answered(h), 0);
	hostile_write(h, "1", NULL);
}

static void write_states(struct hostile *h)
{
	static const char *const odd[] = { "",	  "x",	"-1", "99999999999999",
					   "0x4", "4 ", "8",  "2" };
	size_t i;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		hostile_state(h, odd[i]);
	hostile_state(h, NULL);
	hostile_write(h, "backend", "/local/domain/0/backend/vdispl/0/0");
	hostile_write(h, "backend-id", "7");
	hostile_check(h, "invalid states: connected afterwards",
		      hostile_connect(h), 0);
	/* of the next states the backend may see only the last */
	sleep(1);
	hostile_write(h, "0", NULL);
	hostile_state(h, "6");
	hostile_state(h, "1");
	hostile_state(h, "3");
	h->patience = SHORT;
	hostile_check(h, "connector removed: disconnected",
		      hostile_backend_is(h, XenbusStateInitWait),
		      hostile_backend(h));
	h->patience = USUAL;
	close_display(h);
	expect_refused(h, "no connector: not connected");
}

static void offer_bad_rings(struct hostile *h)
{
	hostile_offer(h, 0);
	hostile_number(h, "0/req-ring-ref", 31000);
	expect_refused(h, "ring not granted: not connected");
	hostile_offer(h, 0);
	hostile_number(h, "0/evt-ring-ref", 31000);
	expect_refused(h, "event page not granted: not connected");
	hostile_offer(h, 0);
	hostile_number(h, "0/req-event-channel", 100000);
	expect_refused(h, "no such event channel: not connected");
	hostile_offer(h, 0);
	/* xenstore's event channel */
	hostile_number(h, "0/evt-event-channel", 1);
	expect_refused(h, "event channel of xenstore: not connected");
	hostile_offer(h, 0);
	hostile_write(h, "0/req-event-channel", "-1");
	expect_refused(h, "event channel -1: not connected");
	hostile_offer(h, 0);
	hostile_write(h, "0/resolution", "99999x1");
	hostile_check(
		h,
		"resolution changed to 99999x1: connected as the toolstack wrote it",
		hostile_join(h), hostile_backend(h));
	close_display(h);

	/* these harm only the guest itself */
	hostile_offer(h, 0);
	hostile_number(h, "0/evt-ring-ref", h->r->req_ref);
	hostile_check(h, "one page for requests and events: connected",
		      hostile_join(h), 0);
	close_display(h);
	hostile_offer(h, 0);
	hostile_offer(h, 1);
	hostile_number(h, "1/req-ring-ref", h->r->req_ref);
	hostile_number(h, "1/evt-ring-ref", h->r->evt_ref);
	hostile_check(h, "one ring for two connectors: connected",
		      hostile_join(h), 0);
	hostile_put(h, &(struct xendispl_req){ .operation = 0 });
	hostile_tell(h);
	xenevtchn_notify(h->evtchn, (evtchn_port_t)h->rings[1].req_port);
	sleep(1);
	close_display(h);
	hostile_write(h, "1", NULL);
}

static void offer_connectors(struct hostile *h, uint32_t dir_ref)
{
	struct xendispl_req create = hostile_create(1, 64, 16, 4096, dir_ref);
	struct xendispl_req attach = hostile_attach(1, 5, 64, 16, XR24);
	int i, shown = 0;
	char node[8];

	for (i = 0; i < HOSTILE_CONNECTORS; i++)
		hostile_offer(h, (unsigned int)i);
	hostile_check(h, "more connectors than the maximum: connected",
		      hostile_join(h), 0);
	hostile_check(h, "fifth connector: not served", is_silent(h, 4), 0);
	hostile_check(h, "sixth connector: not served", is_silent(h, 5), 0);
	h->r = &h->rings[3];
	hostile_check(h, "fourth connector: served", is_answered(h), 0);
	hostile_equal(h, "DBUF_CREATE on the fourth connector: EINVAL",
		      -XEN_EINVAL, hostile_ask(h, create));
	h->r = h->rings;
	hostile_equal(h, "DBUF_CREATE on the first connector: accepted", 0,
		      hostile_ask(h, create));
	hostile_equal(h, "FB_ATTACH on the first connector: accepted", 0,
		      hostile_ask(h, attach));
	for (i = 0; i < 4; i++) {
		h->r = &h->rings[i];
		shown += !hostile_ask(h, hostile_with_fb(XENDISPL_OP_SET_CONFIG,
							 5));
		hostile_put(h, &(struct xendispl_req){
				       .operation = XENDISPL_OP_PG_FLIP,
				       .op.pg_flip.fb_cookie = 5 });
		hostile_tell(h);
	}
	hostile_equal(h, "one framebuffer on four connectors: mode set on each",
		      4, shown);
	h->r = h->rings;
	hostile_answer(h);
	hostile_equal(
		h, "DBUF_DESTROY during flips on four connectors: accepted", 0,
		hostile_ask(h, hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 1)));
	close_display(h);
	for (i = 1; i < HOSTILE_CONNECTORS; i++) {
		node[0] = (char)('0' + i);
		node[1] = '\0';
		hostile_write(h, node, NULL);
	}
}

/* How often the backend turns to Connected, as seen in @looks readings of its state */
static int count_connects(struct hostile *h, int looks)
{
	static int before;
	int i, now, n = 0;

	for (i = 0; i < looks; i++) {
		now = hostile_backend(h);
		n += now == XenbusStateConnected && now != before;
		before = now;
	}
	return n;
}

/* From Connected to Closed and back, without a pause */
static void change_states_fast(struct hostile *h)
{
	time_t end = time(NULL) + FLAPS;
	int n = 0, rounds = 0;

	hostile_offer(h, 0);
	while (time(NULL) < end) {
		rounds++;
		hostile_state(h, "6");
		n += count_connects(h, 1);
		hostile_state(h, "1");
		hostile_state(h, "3");
		n += count_connects(h, 3);
	}
	hostile_check(h, "states that change without a pause: connected", n > 0,
		      n);
	hostile_check(
		h,
		"states that change without a pause: one connection a second",
		n <= FLAPS + 2, n);
	hostile_check(
		h,
		"states that change without a pause: fewer connections than tries",
		n < rounds, rounds);
	close_display(h);
}

void hostile_nodes(struct hostile *h, uint32_t dir_ref)
{
	break_indices(h);
	change_while_connected(h, dir_ref);
	write_states(h);
	offer_bad_rings(h);
	offer_connectors(h, dir_ref);
	change_states_fast(h);
	hostile_check(h, "correct frontend again: connected",
		      hostile_connect(h), 0);
	hostile_check(h, "correct frontend again: request answered",
		      is_answered(h), 0);
}
