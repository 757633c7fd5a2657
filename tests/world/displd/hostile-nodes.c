// SPDX-License-Identifier: GPL-2.0-only
/* What a guest may do to its directory in xenstore, and to its rings. */
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xen/errno.h>

#include "hostile.h"

/* seconds; the first for a ring that nobody looks at */
#define SOON 2
#define SHORT 3
#define USUAL 15
#define FLAPS 5

static void closed(struct hostile *h)
{
	hostile_state(h, "6");
	hostile_backend_is(h, XenbusStateInitWait);
}

/* Ready to be connected, with what the directory has */
static void refused(struct hostile *h, const char *name)
{
	hostile_state(h, "1");
	hostile_backend_is(h, XenbusStateInitWait);
	hostile_state(h, "3");
	h->patience = SHORT;
	hostile_check(h, name, !hostile_backend_is(h, XenbusStateConnected),
		      hostile_backend(h));
	h->patience = USUAL;
	closed(h);
}

/* Whether the ring in use has a request answered as it should */
static bool answers(struct hostile *h)
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

/* The display ends, and comes back when the guest behaves again */
static void indices(struct hostile *h)
{
	h->r->prod += 1000;
	hostile_tell(h);
	hostile_check(h, "a ring that overflows ends the display",
		      hostile_backend_is(h, XenbusStateClosed), 0);
	hostile_check(h, "until it begins anew", hostile_connect(h), 0);
	h->r->ring->req_prod = UINT32_MAX;
	xenevtchn_notify(h->evtchn, (evtchn_port_t)h->r->req_port);
	hostile_check(h, "so does one that runs backwards",
		      hostile_backend_is(h, XenbusStateClosed), 0);
	hostile_check(h, "and again", hostile_connect(h), 0);
	/* what is the backend's to write */
	h->r->ring->req_event = 12345;
	h->r->ring->rsp_event = UINT32_MAX;
	h->r->events->in_cons = 54321;
	h->r->events->in_prod = UINT32_MAX;
	hostile_check(h, "others are not believed", answers(h), 0);
}

/* None of this is looked at before the next time */
static void while_connected(struct hostile *h, uint32_t dir_ref)
{
	struct xendispl_req r;
	uint32_t ref, zero[1024] = { 0 };
	void *page = hostile_page(h, &ref);
	int got;

	/* what the toolstack has written there, it may only remove */
	hostile_write(h, "0", NULL);
	hostile_number(h, "0/req-ring-ref", ref);
	hostile_number(h, "0/evt-ring-ref", ref);
	hostile_number(h, "0/req-event-channel", 100000);
	hostile_number(h, "0/evt-event-channel", 100000);
	hostile_check(h, "another ring while it is connected", answers(h), 0);
	hostile_check(h, "is not written to", !memcmp(page, zero, 4096), 0);
	hostile_write(h, "0/unique-id", "only");
	hostile_write(h, "0/resolution", "4095x2047");
	hostile_check(h, "another name and size", answers(h), 0);
	hostile_write(h, "version", "2");
	got = hostile_ask(h, hostile_request(XENDISPL_OP_GET_EDID));
	hostile_equal(h, "another version", -XEN_EOPNOTSUPP, got);
	hostile_write(h, "version", NULL);
	hostile_write(h, "be-alloc", "1");
	r = hostile_create(1, 64, 16, 4096, dir_ref);
	r.op.dbuf_create.flags = XENDISPL_DBUF_FLG_REQ_ALLOC;
	hostile_equal(h, "be-alloc, which it may not have", 0,
		      hostile_ask(h, r));
	hostile_offer(h, 1);
	hostile_check(h, "a second connector", is_silent(h, 1), 0);
	hostile_check(h, "and the first goes on", answers(h), 0);
	hostile_write(h, "1", NULL);
}

static void states(struct hostile *h)
{
	static const char *const odd[] = { "",	  "x",	"-1", "99999999999999",
					   "0x4", "4 ", "8",  "2" };
	size_t i;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		hostile_state(h, odd[i]);
	hostile_state(h, NULL);
	hostile_write(h, "backend", "/local/domain/0/backend/vdispl/0/0");
	hostile_write(h, "backend-id", "7");
	hostile_check(h, "states that are none", hostile_connect(h), 0);
	/* of what comes now the backend may see the last state alone */
	sleep(1);
	hostile_write(h, "0", NULL);
	hostile_state(h, "6");
	hostile_state(h, "1");
	hostile_state(h, "3");
	h->patience = SHORT;
	hostile_check(h, "without a connector it is connected no more",
		      hostile_backend_is(h, XenbusStateInitWait),
		      hostile_backend(h));
	h->patience = USUAL;
	closed(h);
	refused(h, "no connector at all");
}

static void rings(struct hostile *h)
{
	hostile_offer(h, 0);
	hostile_number(h, "0/req-ring-ref", 31000);
	refused(h, "a ring that was not granted");
	hostile_offer(h, 0);
	hostile_number(h, "0/evt-ring-ref", 31000);
	refused(h, "events on a page that was not granted");
	hostile_offer(h, 0);
	hostile_number(h, "0/req-event-channel", 100000);
	refused(h, "an event channel that is none");
	hostile_offer(h, 0);
	/* xenstore's */
	hostile_number(h, "0/evt-event-channel", 1);
	refused(h, "an event channel that is another's");
	hostile_offer(h, 0);
	hostile_write(h, "0/req-event-channel", "-1");
	refused(h, "an event channel that is no number");
	hostile_offer(h, 0);
	hostile_write(h, "0/resolution", "99999x1");
	refused(h, "a silly size");

	/* the guest's own problem, whatever comes of it */
	hostile_offer(h, 0);
	hostile_number(h, "0/evt-ring-ref", h->r->req_ref);
	hostile_check(h, "one page for requests and events", hostile_join(h),
		      0);
	closed(h);
	hostile_offer(h, 0);
	hostile_offer(h, 1);
	hostile_number(h, "1/req-ring-ref", h->r->req_ref);
	hostile_number(h, "1/evt-ring-ref", h->r->evt_ref);
	hostile_check(h, "one ring for two connectors", hostile_join(h), 0);
	hostile_put(h, &(struct xendispl_req){ .operation = 0 });
	hostile_tell(h);
	xenevtchn_notify(h->evtchn, (evtchn_port_t)h->rings[1].req_port);
	sleep(1);
	closed(h);
	hostile_write(h, "1", NULL);
}

static void connectors(struct hostile *h, uint32_t dir_ref)
{
	struct xendispl_req create = hostile_create(1, 64, 16, 4096, dir_ref);
	struct xendispl_req attach = hostile_attach(1, 5, 64, 16, XR24);
	int i, shown = 0;
	char node[8];

	for (i = 0; i < HOSTILE_CONNECTORS; i++)
		hostile_offer(h, (unsigned int)i);
	hostile_check(h, "more connectors than there can be", hostile_join(h),
		      0);
	hostile_check(h, "the fifth is none", is_silent(h, 4), 0);
	hostile_check(h, "nor is the sixth", is_silent(h, 5), 0);
	h->r = &h->rings[3];
	hostile_check(h, "the fourth is one", answers(h), 0);
	hostile_equal(h, "buffers are not its business", -XEN_EINVAL,
		      hostile_ask(h, create));
	h->r = h->rings;
	hostile_equal(h, "but the first one's", 0, hostile_ask(h, create));
	hostile_equal(h, "with a framebuffer", 0, hostile_ask(h, attach));
	for (i = 0; i < 4; i++) {
		h->r = &h->rings[i];
		shown += !hostile_ask(h, hostile_with_fb(XENDISPL_OP_SET_CONFIG,
							 5));
		hostile_put(h, &(struct xendispl_req){
				       .operation = XENDISPL_OP_PG_FLIP,
				       .op.pg_flip.fb_cookie = 5 });
		hostile_tell(h);
	}
	hostile_equal(h, "for all four", 4, shown);
	h->r = h->rings;
	hostile_answer(h);
	hostile_equal(
		h, "it goes while all four flip to it", 0,
		hostile_ask(h, hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 1)));
	closed(h);
	for (i = 1; i < HOSTILE_CONNECTORS; i++) {
		node[0] = (char)('0' + i);
		node[1] = '\0';
		hostile_write(h, node, NULL);
	}
}

/* How often the backend is found to be connected anew, in so many looks */
static int connects(struct hostile *h, int looks)
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

/* As fast as it can, from connected to closed and back */
static void flaps(struct hostile *h)
{
	time_t end = time(NULL) + FLAPS;
	int n = 0, rounds = 0;

	hostile_offer(h, 0);
	while (time(NULL) < end) {
		rounds++;
		hostile_state(h, "6");
		n += connects(h, 1);
		hostile_state(h, "1");
		hostile_state(h, "3");
		n += connects(h, 3);
	}
	hostile_check(h, "it comes and goes as fast as it can", n > 0, n);
	hostile_check(h, "and is connected once a second", n <= FLAPS + 2, n);
	hostile_check(h, "less often than it wants to be", n < rounds, rounds);
	closed(h);
}

void hostile_nodes(struct hostile *h, uint32_t dir_ref)
{
	indices(h);
	while_connected(h, dir_ref);
	states(h);
	rings(h);
	connectors(h, dir_ref);
	flaps(h);
	hostile_check(h, "a good guest again", hostile_connect(h), 0);
	hostile_check(h, "and its display", answers(h), 0);
}
