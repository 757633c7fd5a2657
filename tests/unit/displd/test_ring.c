// SPDX-License-Identifier: GPL-2.0-only
/* The shared pages, with a frontend that writes anything */
#include "unit.h"

#include <stdlib.h>

#include "vdispl/proto.h"
#include "vdispl/ring.h"

static unsigned char req_page[4096] __attribute__((aligned(4096)));
static unsigned char evt_page[4096] __attribute__((aligned(4096)));
static struct xd_ring ring;
static struct xen_displif_sring *shared;
static unsigned int notified, unmasked;

int __wrap_xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port);
int __wrap_xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port);

int __wrap_xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	notified++;
	return 0;
}

int __wrap_xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	unmasked++;
	return 0;
}

static int begin(void **state)
{
	memset(req_page, 0, sizeof(req_page));
	memset(evt_page, 0, sizeof(evt_page));
	memset(&ring, 0, sizeof(ring));
	shared = (struct xen_displif_sring *)req_page;
	shared->req_event = shared->rsp_event = 1;
	xd_ring_attach(&ring, req_page, evt_page);
	notified = unmasked = 0;
	return 0;
}

static void put_request(uint16_t id)
{
	shared->ring[shared->req_prod % 32].req.id = id;
	shared->req_prod++;
}

static void answer_request(uint16_t id)
{
	struct xendispl_resp resp;

	xd_proto_answer(&resp, id, XENDISPL_OP_PG_FLIP, 0);
	xd_ring_answer(&ring, &resp);
}

static void ring_requests_copied_and_answered(void **state)
{
	struct xendispl_req req;
	unsigned int i;

	assert_int_equal(ring.req.nr_ents, 32);
	assert_int_equal(xd_ring_next(&ring, &req), 0);
	/* around the ring several times */
	for (i = 0; i < 100; i++) {
		put_request((uint16_t)i);
		assert_int_equal(xd_ring_next(&ring, &req), 1);
		assert_int_equal(req.id, i);
		/* a copy: later writes of the guest do not change it */
		shared->ring[i % 32].req.id = 0xffff;
		assert_int_equal(req.id, i);
		assert_int_equal(xd_ring_next(&ring, &req), 0);
		assert_int_equal(shared->req_event, i + 1);
		assert_int_equal(xd_ring_listen(&ring), 0);
		assert_int_equal(shared->req_event, i + 2);
		answer_request(req.id);
		xd_ring_push(&ring);
		assert_int_equal(shared->rsp_prod, i + 1);
		assert_int_equal(shared->ring[i % 32].rsp.id, i);
		shared->rsp_event = i + 2;
	}
	assert_int_equal(notified, 100);
	xd_ring_push(&ring);
	assert_int_equal(notified, 100);
}

/* A guest sends events only when it is asked to, and the port is unmasked once each */
static void ring_listens_for_events(void **state)
{
	struct xendispl_req req;

	put_request(1);
	xd_ring_heard(&ring);
	xd_ring_heard(&ring);
	assert_int_equal(xd_ring_next(&ring, &req), 1);
	assert_int_equal(xd_ring_next(&ring, &req), 0);
	assert_int_equal(unmasked, 0);
	assert_int_equal(shared->req_event, 1);
	/* one that came meanwhile has no event */
	put_request(2);
	assert_int_equal(xd_ring_listen(&ring), 1);
	assert_int_equal(unmasked, 1);
	assert_int_equal(xd_ring_next(&ring, &req), 1);
	assert_int_equal(xd_ring_listen(&ring), 0);
	assert_int_equal(shared->req_event, 3);
	assert_int_equal(unmasked, 1);
	shared->req_prod = 100;
	assert_int_equal(xd_ring_listen(&ring), -EPROTO);
}

static void ring_full_without_answers(void **state)
{
	struct xendispl_req req;
	unsigned int i;

	for (i = 0; i < 32; i++)
		put_request((uint16_t)i);
	for (i = 0; i < 32; i++)
		assert_int_equal(xd_ring_next(&ring, &req), 1);
	/* without an answer there is no free slot */
	assert_int_equal(xd_ring_next(&ring, &req), 0);
	shared->req_prod++;
	assert_int_equal(xd_ring_next(&ring, &req), -EPROTO);
	shared->req_prod--;
	answer_request(0);
	put_request(40);
	assert_int_equal(xd_ring_next(&ring, &req), 1);
	assert_int_equal(req.id, 40);
}

static void ring_overflow_fails_eproto(void **state)
{
	struct xendispl_req req;
	static const uint32_t bad[] = { 33, 1000, 0x80000000U, UINT32_MAX };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		shared->req_prod = bad[i];
		assert_int_equal(xd_ring_next(&ring, &req), -EPROTO);
	}
	/* backwards, with requests not answered yet */
	shared->req_prod = 3;
	assert_int_equal(xd_ring_next(&ring, &req), 1);
	assert_int_equal(xd_ring_next(&ring, &req), 1);
	shared->req_prod = 1;
	assert_int_equal(xd_ring_next(&ring, &req), -EPROTO);
}

/* The daemon's own indices are not read back from the page */
static void ring_indices_written_by_guest_ignored(void **state)
{
	struct xendispl_req req;

	put_request(1);
	shared->rsp_prod = 0x12345678;
	assert_int_equal(xd_ring_next(&ring, &req), 1);
	answer_request(1);
	xd_ring_push(&ring);
	assert_int_equal(shared->rsp_prod, 1);
	assert_int_equal(shared->ring[0].rsp.id, 1);
}

static void ring_flip_events_numbered(void **state)
{
	struct xendispl_event_page *page = (void *)evt_page;
	struct xendispl_evt *evt;
	unsigned int i;

	for (i = 0; i < 70000; i++) {
		/* both are ignored */
		page->in_cons = (uint32_t)rand();
		page->in_prod = (uint32_t)rand();
		xd_ring_flipped(&ring, 1000 + i);
		evt = &XENDISPL_IN_RING_REF(page, i);
		assert_int_equal(page->in_prod, i + 1);
		/* consecutive, as the frontend expects */
		assert_int_equal(evt->id, i & 0xffff);
		assert_int_equal(evt->type, XENDISPL_EVT_PG_FLIP);
		assert_true(evt->op.pg_flip.fb_cookie == 1000 + i);
	}
	assert_int_equal(notified, 70000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ring_requests_copied_and_answered,
				       begin),
		cmocka_unit_test_setup(ring_listens_for_events, begin),
		cmocka_unit_test_setup(ring_full_without_answers, begin),
		cmocka_unit_test_setup(ring_overflow_fails_eproto, begin),
		cmocka_unit_test_setup(ring_indices_written_by_guest_ignored,
				       begin),
		cmocka_unit_test_setup(ring_flip_events_numbered, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
