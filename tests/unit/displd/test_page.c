// SPDX-License-Identifier: GPL-2.0-only
/* When the events of a guest that gets input are listened to */
#include "unit.h"

#include "vkb/ring.h"

static struct xdc_loop loop;
static struct xd_kbd_ring ring;
static unsigned char page[4096] __attribute__((aligned(4096)));
static unsigned int unmasked;
static bool storms; /* the guest sends one event after the other */

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid,
			      uint32_t ref, int prot)
{
	return page;
}

int xengnttab_unmap(xengnttab_handle *xgt, void *at, uint32_t n)
{
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce,
						     uint32_t domid,
						     evtchn_port_t port)
{
	return (int)port;
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	return 0;
}

static bool put(void)
{
	union xenkbd_in_event e = { 0 };

	return xd_kbd_ring_put(&ring, &e);
}

static void hear(void)
{
	xd_kbd_ring_heard(&ring);
	put();
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	unmasked++;
	if (storms)
		hear();
	return 0;
}

static void stop_loop(struct xdc_timer *t)
{
	xdc_loop_stop(&loop);
}

static void run_for(uint64_t ms)
{
	struct xdc_timer timer;

	xdc_timer_init(&loop, &timer, stop_loop);
	xdc_timer_in(&timer, ms * XDC_NS_PER_MS);
	loop.stop = false;
	assert_int_equal(xdc_loop_run(&loop), 0);
	xdc_timer_fini(&timer);
}

static int begin(void **state)
{
	memset(page, 0, sizeof(page));
	unmasked = 0;
	storms = false;
	if (xdc_loop_init(&loop))
		return -1;
	return xd_kbd_ring_open(&ring, &loop, (xengnttab_handle *)page,
				(xenevtchn_handle *)page, 7, 8, 9);
}

static int end(void **state)
{
	xd_kbd_ring_close(&ring);
	assert_true(LIST_EMPTY(&loop.timers));
	xdc_loop_fini(&loop);
	return 0;
}

static void fill_page(void)
{
	while (put())
		;
}

static void guest_with_room_not_listened_to(void **state)
{
	xd_kbd_ring_heard(&ring);
	assert_true(put());
	run_for(30);
	assert_int_equal(unmasked, 0);
	assert_true(LIST_EMPTY(&loop.timers));
}

static void guest_without_room_listened_to_once(void **state)
{
	fill_page();
	/* it has not been heard yet */
	assert_true(LIST_EMPTY(&loop.timers));
	hear();
	assert_false(put());
	run_for(30);
	assert_int_equal(unmasked, 1);
	assert_false(put());
	run_for(30);
	assert_int_equal(unmasked, 1);
}

/* It sends events, and does not read the page */
static void guest_that_stays_full_heard_now_and_then(void **state)
{
	fill_page();
	storms = true;
	hear();
	run_for(200);
	assert_in_range(unmasked, 2, 20);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(guest_with_room_not_listened_to),
		test(guest_without_room_listened_to_once),
		test(guest_that_stays_full_heard_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
