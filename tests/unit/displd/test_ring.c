// SPDX-License-Identifier: GPL-2.0-only
/* The shared pages, with a frontend that does as it likes */
#include "unit.h"

#include <stdlib.h>

#include "vdispl/proto.h"
#include "vdispl/ring.h"

static unsigned char req_page[4096] __attribute__((aligned(4096)));
static unsigned char evt_page[4096] __attribute__((aligned(4096)));
static struct xd_ring ring;
static struct xen_displif_sring *shared;
static unsigned int notified;

int __wrap_xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port);

int __wrap_xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	notified++;
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
	notified = 0;
	return 0;
}

static void put(uint16_t id)
{
	shared->ring[shared->req_prod % 32].req.id = id;
	shared->req_prod++;
}

static void answer(uint16_t id)
{
	struct xendispl_resp resp;

	xd_proto_answer(&resp, id, XENDISPL_OP_PG_FLIP, 0);
	xd_ring_answer(&ring, &resp);
}

static void requests(void **state)
{
	struct xendispl_req req;
	unsigned int i;

	assert_int_equal(ring.req.nr_ents, 32);
	assert_int_equal(xd_ring_next(&ring, &req), 0);
	/* round the ring some times */
	for (i = 0; i < 100; i++) {
		put((uint16_t)i);
		assert_int_equal(xd_ring_next(&ring, &req), 1);
		assert_int_equal(req.id, i);
		/* a copy: what the guest writes now is too late */
		shared->ring[i % 32].req.id = 0xffff;
		assert_int_equal(req.id, i);
		assert_int_equal(xd_ring_next(&ring, &req), 0);
		assert_int_equal(shared->req_event, i + 2);
		answer(req.id);
		xd_ring_push(&ring);
		assert_int_equal(shared->rsp_prod, i + 1);
		assert_int_equal(shared->ring[i % 32].rsp.id, i);
		shared->rsp_event = i + 2;
	}
	assert_int_equal(notified, 100);
	xd_ring_push(&ring);
	assert_int_equal(notified, 100);
}

static void full(void **state)
{
	struct xendispl_req req;
	unsigned int i;

	for (i = 0; i < 32; i++)
		put((uint16_t)i);
	for (i = 0; i < 32; i++)
		assert_int_equal(xd_ring_next(&ring, &req), 1);
	/* nothing was answered, so there can be no more */
	assert_int_equal(xd_ring_next(&ring, &req), 0);
	shared->req_prod++;
	assert_int_equal(xd_ring_next(&ring, &req), -EPROTO);
	shared->req_prod--;
	answer(0);
	put(40);
	assert_int_equal(xd_ring_next(&ring, &req), 1);
	assert_int_equal(req.id, 40);
}

static void overflow(void **state)
{
	struct xendispl_req req;
	static const uint32_t bad[] = { 33, 1000, 0x80000000U, UINT32_MAX };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		shared->req_prod = bad[i];
		assert_int_equal(xd_ring_next(&ring, &req), -EPROTO);
	}
	/* backwards, while answers are out */
	shared->req_prod = 3;
	assert_int_equal(xd_ring_next(&ring, &req), 1);
	assert_int_equal(xd_ring_next(&ring, &req), 1);
	shared->req_prod = 1;
	assert_int_equal(xd_ring_next(&ring, &req), -EPROTO);
}

/* Indices that the guest writes to do not move ours */
static void foreign_indices(void **state)
{
	struct xendispl_req req;

	put(1);
	shared->rsp_prod = 0x12345678;
	assert_int_equal(xd_ring_next(&ring, &req), 1);
	answer(1);
	xd_ring_push(&ring);
	assert_int_equal(shared->rsp_prod, 1);
	assert_int_equal(shared->ring[0].rsp.id, 1);
}

static void events(void **state)
{
	struct xendispl_event_page *page = (void *)evt_page;
	struct xendispl_evt *evt;
	unsigned int i;

	for (i = 0; i < 70000; i++) {
		/* neither of these is believed */
		page->in_cons = (uint32_t)rand();
		page->in_prod = (uint32_t)rand();
		xd_ring_flipped(&ring, 1000 + i);
		evt = &XENDISPL_IN_RING_REF(page, i);
		assert_int_equal(page->in_prod, i + 1);
		/* one after the other, or the frontend loses its place */
		assert_int_equal(evt->id, i & 0xffff);
		assert_int_equal(evt->type, XENDISPL_EVT_PG_FLIP);
		assert_true(evt->op.pg_flip.fb_cookie == 1000 + i);
	}
	assert_int_equal(notified, 70000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(requests, begin),
		cmocka_unit_test_setup(full, begin),
		cmocka_unit_test_setup(overflow, begin),
		cmocka_unit_test_setup(foreign_indices, begin),
		cmocka_unit_test_setup(events, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
