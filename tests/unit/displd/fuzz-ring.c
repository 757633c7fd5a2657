// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: a guest that writes anywhere in both pages of a connector, at any
 * time.  Six bytes a step: an action, a number, and four bytes that are written.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "vdispl/proto.h"
#include "vdispl/ring.h"

#define STEP 6
#define SLOTS 32U
#define SLOT 64U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

union page {
	struct xen_displif_sring ring;
	struct xendispl_event_page events;
	uint32_t words[XD_RING_PAGE / 4];
	unsigned char bytes[XD_RING_PAGE];
};

static union page req, evt, req_before, evt_before;
static struct xd_ring ring;
/* the expected state, kept apart from the guest's pages */
static uint32_t taken, answered, flips;

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	return 0;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	return 0;
}

static void must(bool good)
{
	if (!good)
		abort();
}

static void remember_pages(void)
{
	req_before = req;
	evt_before = evt;
}

/* The daemon has written only to this part of this page since then */
static void wrote_only(union page *where, size_t at, size_t len)
{
	if (where == &req)
		memcpy(req_before.bytes + at, req.bytes + at, len);
	else
		memcpy(evt_before.bytes + at, evt.bytes + at, len);
	must(!memcmp(&req_before, &req, sizeof(req)));
	must(!memcmp(&evt_before, &evt, sizeof(evt)));
}

static size_t slot_of(uint32_t index)
{
	return offsetof(struct xen_displif_sring, ring) +
	       (size_t)SLOT * (index % SLOTS);
}

static void attach_ring(void)
{
	memset(&ring, 0, sizeof(ring));
	remember_pages();
	xd_ring_attach(&ring, &req, &evt);
	wrote_only(&evt, offsetof(struct xendispl_event_page, in_prod), 4);
	taken = answered = req.ring.rsp_prod;
	flips = 0;
}

/* The ring is empty */
static void ask_for_event(void)
{
	remember_pages();
	must(!xd_ring_listen(&ring));
	must(req.ring.req_event == taken + 1);
	wrote_only(&req, offsetof(struct xen_displif_sring, req_event), 4);
}

static void take_request(void)
{
	struct xendispl_req got;
	uint32_t claimed = req.ring.req_prod - answered;
	size_t slot = slot_of(taken);
	int ret;

	remember_pages();
	ret = xd_ring_next(&ring, &got);
	wrote_only(&req, 0, 0);
	if (ret < 0) {
		/* the display is closed, and connects anew */
		must(ret == -EPROTO);
		must(claimed > SLOTS || claimed < taken - answered);
		attach_ring();
		return;
	}
	must(claimed <= SLOTS && ret == (claimed > taken - answered));
	if (!ret) {
		ask_for_event();
		return;
	}
	must(!memcmp(&got, req.bytes + slot, sizeof(got)));
	taken++;
	must(taken - answered <= SLOTS);
}

static void answer_request(uint8_t op, uint16_t id)
{
	size_t slot = slot_of(answered);
	struct xendispl_resp resp;

	if (answered == taken)
		return;
	xd_proto_answer(&resp, id, op, -EINVAL);
	remember_pages();
	xd_ring_answer(&ring, &resp);
	wrote_only(&req, slot, SLOT);
	must(!memcmp(req.bytes + slot, &resp, sizeof(resp)));
	answered++;
}

static void push_answers(void)
{
	bool waits = ring.notify;

	remember_pages();
	xd_ring_push(&ring);
	wrote_only(&req, offsetof(struct xen_displif_sring, rsp_prod), 4);
	must(!waits || req.ring.rsp_prod == answered);
}

static void send_flip_done(uint64_t cookie)
{
	struct xendispl_evt *e = &XENDISPL_IN_RING_REF(&evt.events, flips);
	size_t slot = (size_t)((unsigned char *)e - evt.bytes);

	must(slot >= XENDISPL_IN_RING_OFFS && slot + sizeof(*e) <= sizeof(evt));
	remember_pages();
	xd_ring_flipped(&ring, cookie);
	must(evt.events.in_prod == flips + 1);
	evt_before.events.in_prod = flips + 1;
	wrote_only(&evt, slot, sizeof(*e));
	must(e->id == (uint16_t)flips && e->type == XENDISPL_EVT_PG_FLIP &&
	     e->op.pg_flip.fb_cookie == cookie);
	flips++;
}

static void run_step(const uint8_t *d)
{
	uint32_t v;

	memcpy(&v, d + 2, sizeof(v));
	switch (d[0] % 9) {
	case 0:
		req.words[(d[1] * 4U + d[0] / 64) % 1024] = v;
		break;
	case 1:
		evt.words[(d[1] * 4U + d[0] / 64) % 1024] = v;
		break;
	case 2:
		/* a request as the protocol wants it */
		req.ring.req_prod += d[1] % 4;
		break;
	case 3:
		req.ring.req_prod = v;
		break;
	case 4:
		take_request();
		break;
	case 5:
		answer_request((uint8_t)v, (uint16_t)(v >> 8));
		break;
	case 6:
		push_answers();
		break;
	case 7:
		send_flip_done((uint64_t)v << d[1] % 32);
		break;
	case 8:
		attach_ring();
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t i;

	_Static_assert(sizeof(union xen_displif_sring_entry) == SLOT, "slots");
	if (len < 8)
		return 0;
	memset(&req, 0, sizeof(req));
	memset(&evt, 0, sizeof(evt));
	memcpy(&req.ring.req_prod, data, 4);
	memcpy(&req.ring.rsp_prod, data + 4, 4);
	attach_ring();
	for (i = 8; i + STEP <= len; i += STEP)
		run_step(data + i);
	return 0;
}
