// SPDX-License-Identifier: GPL-2.0-only
/* When the events of a guest that gets input are listened to, and its page looked at */
#include "unit.h"

#include "input.h"
#include "vkb/kbd.h"

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
	xdc_loop_stop(&loop);
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

static const union xenkbd_in_event *next_event(void)
{
	struct xenkbd_page *shared = (struct xenkbd_page *)page;

	return shared->in_cons == shared->in_prod
		       ? NULL
		       : &XENKBD_IN_RING_REF(page, shared->in_cons++);
}

/* Reads all, and runs the daemon until it notifies, or for ten seconds */
static void read_and_wait(void)
{
	while (next_event())
		;
	run_for(10000);
}

static void expect_released(uint32_t code)
{
	const union xenkbd_in_event *e = next_event();

	assert_non_null(e);
	assert_int_equal(e->type, XENKBD_TYPE_KEY);
	assert_int_equal(e->key.keycode, code);
	assert_false(e->key.pressed);
}

/* The protocol asks no frontend to notify when it has read */
static void guest_that_never_notifies_gets_releases(void **state)
{
	static struct xd_kbd kbd;
	struct xd_input in = { { &kbd, &kbd, &kbd }, 640, 480, false };

	memset(&kbd, 0, sizeof(kbd));
	kbd.keyboard = kbd.pointer = true;
	xd_kbd_init(&kbd, &loop);
	xd_kbd_ring_attach(&kbd.ring, page);
	xd_kbd_start(&kbd, false);
	xd_input_key(&in, KEY_A, true);
	kbd.ring.prod += XENKBD_IN_RING_LEN - 1;
	((struct xenkbd_page *)page)->in_prod = kbd.ring.prod;
	/* nothing is owed: nothing is waited for */
	xd_input_key(&in, KEY_B, true);
	assert_true(LIST_EMPTY(&loop.timers));
	xd_input_key(&in, KEY_A, false);
	/* it has not read yet when the daemon looks first */
	kbd.retry.fired(&kbd.retry);
	read_and_wait();
	expect_released(KEY_A);
	assert_null(next_event());
	assert_true(LIST_EMPTY(&loop.timers));
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(guest_with_room_not_listened_to),
		test(guest_without_room_listened_to_once),
		test(guest_that_stays_full_heard_now_and_then),
		test(guest_that_never_notifies_gets_releases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
