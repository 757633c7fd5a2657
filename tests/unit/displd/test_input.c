// SPDX-License-Identifier: GPL-2.0-only
/* Events for a guest, and guests that write anything to the shared page */
#include "unit.h"

#include "input.h"
#include "vkb/kbd.h"

static unsigned char page[4096] __attribute__((aligned(4096)));
static struct xenkbd_page *const shared = (struct xenkbd_page *)page;
static struct xdc_loop loop;
static struct xd_kbd kbd;
static struct xd_input in, second;
static unsigned int notified;

int __wrap_xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port);

int __wrap_xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	notified++;
	return 0;
}

static const uint32_t power_keys[] = { KEY_POWER, KEY_POWER2, KEY_SLEEP,
				       KEY_SUSPEND, KEY_RESTART };
#define POWER_KEYS (sizeof(power_keys) / sizeof(power_keys[0]))

static int begin(void **state)
{
	memset(page, 0, sizeof(page));
	memset(&loop, 0, sizeof(loop));
	memset(&kbd, 0, sizeof(kbd));
	in = second = (struct xd_input){ { &kbd, &kbd, &kbd }, 640, 480, true };
	kbd.own[XD_POINTER] = kbd.own[XD_TOUCH] = &in;
	kbd.keyboard = kbd.pointer = kbd.absolute = true;
	kbd.max_x = 639;
	kbd.max_y = 479;
	kbd.touch_max_x = 6399;
	kbd.touch_max_y = 4799;
	kbd.nr_contacts = 2;
	xd_kbd_init(&kbd, &loop);
	xd_kbd_ring_attach(&kbd.ring, page);
	xd_kbd_start(&kbd, false);
	notified = 0;
	return 0;
}

/* The next event that the guest reads; NULL without one */
static const union xenkbd_in_event *next_event(void)
{
	if (shared->in_cons == shared->in_prod)
		return NULL;
	return &XENKBD_IN_RING_REF(page, shared->in_cons++);
}

static void expect_key(uint32_t code, unsigned int pressed)
{
	const union xenkbd_in_event *e = next_event();

	assert_non_null(e);
	assert_int_equal(e->type, XENKBD_TYPE_KEY);
	assert_int_equal(e->key.keycode, code);
	assert_int_equal(e->key.pressed, pressed);
}

static void expect_position(int x, int y, int wheel)
{
	const union xenkbd_in_event *e = next_event();

	assert_non_null(e);
	assert_int_equal(e->type, XENKBD_TYPE_POS);
	assert_int_equal(e->pos.abs_x, x);
	assert_int_equal(e->pos.abs_y, y);
	assert_int_equal(e->pos.rel_z, wheel);
}

static void expect_motion(int x, int y, int wheel)
{
	const union xenkbd_in_event *e = next_event();

	assert_non_null(e);
	assert_int_equal(e->type, XENKBD_TYPE_MOTION);
	assert_int_equal(e->motion.rel_x, x);
	assert_int_equal(e->motion.rel_y, y);
	assert_int_equal(e->motion.rel_z, wheel);
}

static void expect_touch(unsigned int what, unsigned int contact, int x, int y)
{
	const union xenkbd_in_event *e = next_event();

	assert_non_null(e);
	assert_int_equal(e->type, XENKBD_TYPE_MTOUCH);
	assert_int_equal(e->mtouch.event_type, what);
	assert_int_equal(e->mtouch.contact_id, contact);
	assert_int_equal(e->mtouch.u.pos.abs_x, x);
	assert_int_equal(e->mtouch.u.pos.abs_y, y);
}

static void fill_ring(void)
{
	while (shared->in_prod - shared->in_cons < XENKBD_IN_RING_LEN)
		xd_input_wheel(&in, 120);
	kbd.dropped = 0;
}

static void drain_ring(void)
{
	while (next_event())
		;
}

static void keys_sent_once_each(void **state)
{
	unsigned int i;

	xd_input_key(&in, KEY_A, true);
	xd_input_key(&in, KEY_A, true);
	xd_input_key(&in, BTN_LEFT, true);
	xd_input_key(&in, KEY_A, false);
	xd_input_key(&in, KEY_A, false);
	xd_input_key(&in, KEY_B, false);
	expect_key(KEY_A, 1);
	expect_key(BTN_LEFT, 1);
	expect_key(KEY_A, 0);
	assert_null(next_event());
	assert_int_equal(notified, 3);
	/* codes that the frontend does not handle */
	xd_input_key(&in, KEY_RESERVED, true);
	xd_input_key(&in, KEY_UNKNOWN, true);
	xd_input_key(&in, BTN_TOUCH, true);
	xd_input_key(&in, KEY_MAX, true);
	xd_input_key(&in, KEY_CNT, true);
	xd_input_key(&in, UINT32_MAX, true);
	assert_null(next_event());
	/* around the ring several times */
	for (i = 0; i < 1000; i++) {
		xd_input_key(&in, KEY_A, !(i % 2));
		expect_key(KEY_A, !(i % 2));
	}
	assert_int_equal(kbd.sent, 1003);
	assert_int_equal(kbd.dropped, 0);
}

static void events_for_missing_devices_dropped(void **state)
{
	kbd.keyboard = false;
	xd_input_key(&in, KEY_A, true);
	assert_null(next_event());
	xd_input_key(&in, BTN_RIGHT, true);
	expect_key(BTN_RIGHT, 1);
	kbd.keyboard = true;
	kbd.pointer = false;
	xd_input_key(&in, KEY_A, true);
	xd_input_key(&in, BTN_LEFT, true);
	xd_input_motion(&in, 1, 1);
	xd_input_position(&in, 1, 1);
	xd_input_wheel(&in, 120);
	assert_null(next_event());
	/* no input device connected */
	memset(in.kbds, 0, sizeof(in.kbds));
	xd_input_key(&in, KEY_A, true);
	xd_input_motion(&in, 1, 1);
	xd_input_position(&in, 1, 1);
	xd_input_wheel(&in, 120);
	xd_input_touch(&in, XD_TOUCH_DOWN, 0, 1, 1);
	xd_input_touch_frame(&in);
	xd_input_release(&in, XD_INPUT_ALL);
	assert_null(next_event());
}

static void positions_clamped_and_scaled(void **state)
{
	xd_input_position(&in, 0, 0);
	expect_position(0, 0, 0);
	xd_input_position(&in, 639, 479);
	expect_position(639, 479, 0);
	xd_input_position(&in, 640, -1);
	expect_position(639, 0, 0);
	xd_input_position(&in, INT32_MAX, INT32_MIN);
	expect_position(639, 0, 0);
	/* motions move the last position */
	xd_input_position(&in, 100, 100);
	expect_position(100, 100, 0);
	xd_input_motion(&in, 5, -7);
	expect_position(105, 93, 0);
	xd_input_motion(&in, INT32_MIN, INT32_MAX);
	expect_position(0, 479, 0);
	/* a screen whose input device this is not */
	xd_input_position(&second, 7, 7);
	xd_input_motion(&second, 7, 7);
	assert_null(next_event());
	/* other ranges: the first coordinate of the pixel */
	kbd.max_x = 0x7fff;
	kbd.max_y = 239;
	xd_input_position(&in, 0, 0);
	expect_position(0, 0, 0);
	xd_input_position(&in, 320, 241);
	expect_position(16384, 121, 0);
	xd_input_position(&in, 639, 479);
	expect_position(32717, 239, 0);
	kbd.max_x = INT32_MAX - 1;
	xd_input_position(&in, 639, 479);
	expect_position(2144128204, 239, 0);
	kbd.max_x = 0;
	xd_input_position(&in, 639, 479);
	expect_position(0, 239, 0);
}

/* A guest's libinput divides by the range, and must get the same pixel */
static void scaled_position_maps_back_to_same_pixel(void **state)
{
	static const uint32_t maxima[] = { 639, 640, 799, 0x7fff };
	const union xenkbd_in_event *e;
	unsigned int i;
	int x;

	for (i = 0; i < 4; i++) {
		kbd.max_x = maxima[i];
		for (x = 0; x < 640; x++) {
			xd_input_position(&in, x, 0);
			e = next_event();
			assert_true(e->pos.abs_x <= (int)maxima[i]);
			assert_int_equal((uint64_t)e->pos.abs_x * 640 /
						 (maxima[i] + 1),
					 x);
		}
	}
}

static void relative_pointer_gets_motions(void **state)
{
	kbd.absolute = false;
	xd_input_motion(&in, 3, -4);
	expect_motion(3, -4, 0);
	xd_input_motion(&in, 0, 0);
	assert_null(next_event());
	/* the first position is only the start */
	xd_input_position(&in, 50, 60);
	assert_null(next_event());
	xd_input_position(&in, 52, 50);
	expect_motion(2, -10, 0);
	xd_input_release(&in, XD_INPUT_POINTER);
	xd_input_position(&in, 500, 400);
	assert_null(next_event());
	xd_input_position(&second, 501, 400);
	expect_motion(1, 0, 0);
	xd_input_wheel(&in, -240);
	expect_motion(0, 0, -2);
}

static void wheel_clicks_accumulated(void **state)
{
	xd_input_position(&in, 9, 8);
	expect_position(9, 8, 0);
	xd_input_wheel(&in, 120);
	expect_position(9, 8, 1);
	xd_input_wheel(&in, 80);
	assert_null(next_event());
	xd_input_wheel(&in, 80);
	expect_position(9, 8, 1);
	xd_input_wheel(&in, -40);
	xd_input_wheel(&in, -119);
	assert_null(next_event());
	xd_input_wheel(&in, -1);
	expect_position(9, 8, -1);
	xd_input_wheel(&in, INT32_MAX);
	assert_non_null(next_event());
}

static void touches_within_number_of_contacts(void **state)
{
	/* no touch, no frame */
	xd_input_touch_frame(&in);
	assert_null(next_event());
	xd_input_touch(&in, XD_TOUCH_DOWN, 77, 0, 0);
	xd_input_touch(&in, XD_TOUCH_DOWN, -5, 639, 479);
	xd_input_touch_frame(&in);
	expect_touch(XENKBD_MT_EV_DOWN, 0, 0, 0);
	expect_touch(XENKBD_MT_EV_DOWN, 1, 6390, 4790);
	expect_touch(XENKBD_MT_EV_SYN, 1, 0, 0);
	/* more fingers than the guest's contacts */
	xd_input_touch(&in, XD_TOUCH_DOWN, 3, 1, 1);
	xd_input_touch(&in, XD_TOUCH_MOTION, 3, 1, 1);
	xd_input_touch(&in, XD_TOUCH_UP, 3, 0, 0);
	assert_null(next_event());
	assert_int_equal(kbd.dropped, 1);
	xd_input_touch(&in, XD_TOUCH_MOTION, 77, 10, 1000);
	xd_input_touch(&in, XD_TOUCH_UP, 77, 0, 0);
	xd_input_touch_frame(&in);
	expect_touch(XENKBD_MT_EV_MOTION, 0, 100, 4790);
	expect_touch(XENKBD_MT_EV_UP, 0, 0, 0);
	expect_touch(XENKBD_MT_EV_SYN, 0, 0, 0);
	/* the contact is free again */
	xd_input_touch(&in, XD_TOUCH_DOWN, 3, 1, 1);
	expect_touch(XENKBD_MT_EV_DOWN, 0, 10, 10);
	xd_input_touch(&second, XD_TOUCH_UP, 3, 1, 1);
	assert_null(next_event());
	xd_input_release(&in, XD_INPUT_TOUCH);
	expect_touch(XENKBD_MT_EV_UP, 0, 0, 0);
	expect_touch(XENKBD_MT_EV_UP, 1, 0, 0);
	expect_touch(XENKBD_MT_EV_SYN, 1, 0, 0);
	kbd.nr_contacts = 0;
	xd_input_touch(&in, XD_TOUCH_DOWN, 1, 1, 1);
	assert_null(next_event());
}

static void release_lifts_pressed_keys(void **state)
{
	xd_input_key(&in, KEY_LEFTCTRL, true);
	xd_input_key(&in, KEY_C, true);
	xd_input_key(&in, BTN_MIDDLE, true);
	xd_input_wheel(&in, 119);
	drain_ring();
	xd_input_release(&in, XD_INPUT_POINTER);
	expect_key(BTN_MIDDLE, 0);
	assert_null(next_event());
	xd_input_wheel(&in, 119);
	assert_null(next_event());
	xd_input_release(&in, XD_INPUT_KEYS);
	expect_key(KEY_LEFTCTRL, 0);
	expect_key(KEY_C, 0);
	xd_input_release(&in, XD_INPUT_ALL);
	assert_null(next_event());
}

/* A guest that does not read loses new events, but no key stays pressed */
static void full_ring_drops_presses_owes_releases(void **state)
{
	unsigned int i;

	xd_input_key(&in, KEY_A, true);
	xd_input_touch(&in, XD_TOUCH_DOWN, 9, 0, 0);
	xd_input_touch_frame(&in);
	fill_ring();
	xd_input_key(&in, KEY_B, true);
	xd_input_key(&in, KEY_B, false);
	xd_input_touch(&in, XD_TOUCH_DOWN, 1, 1, 1);
	assert_int_equal(kbd.dropped, 2);
	xd_input_key(&in, KEY_A, false);
	xd_input_touch(&in, XD_TOUCH_UP, 9, 0, 0);
	xd_input_touch_frame(&in);
	assert_int_equal(kbd.dropped, 2);
	assert_int_equal(shared->in_prod - shared->in_cons, XENKBD_IN_RING_LEN);
	/* room again: owed releases come first */
	for (i = 0; i < XENKBD_IN_RING_LEN; i++)
		next_event();
	xd_input_key(&in, KEY_C, true);
	expect_key(KEY_A, 0);
	expect_touch(XENKBD_MT_EV_UP, 0, 0, 0);
	expect_touch(XENKBD_MT_EV_SYN, 0, 0, 0);
	expect_key(KEY_C, 1);
	assert_null(next_event());
	/* the guest notifies that it has read */
	fill_ring();
	xd_input_key(&in, KEY_C, false);
	drain_ring();
	xd_kbd_pay(&kbd);
	expect_key(KEY_C, 0);
	/* pressed again before its release could be sent */
	xd_input_key(&in, KEY_D, true);
	fill_ring();
	xd_input_key(&in, KEY_D, false);
	xd_input_key(&in, KEY_D, true);
	drain_ring();
	xd_kbd_pay(&kbd);
	assert_null(next_event());
	xd_input_key(&in, KEY_D, false);
	expect_key(KEY_D, 0);
	assert_int_equal(kbd.owed, 0);
}

/* Missed motions of the pointer are sent as one */
static void full_ring_coalesces_motion(void **state)
{
	fill_ring();
	xd_input_position(&in, 1, 1);
	xd_input_position(&in, 20, 30);
	assert_int_equal(kbd.dropped, 0);
	drain_ring();
	xd_input_key(&in, BTN_LEFT, true);
	expect_position(20, 30, 0);
	expect_key(BTN_LEFT, 1);
	assert_null(next_event());
	/* after losing the focus, the missed position is dropped */
	fill_ring();
	xd_input_position(&in, 3, 4);
	xd_input_release(&in, XD_INPUT_POINTER);
	drain_ring();
	xd_kbd_pay(&kbd);
	expect_key(BTN_LEFT, 0);
	assert_null(next_event());

	kbd.absolute = false;
	fill_ring();
	xd_input_motion(&in, 3, -4);
	xd_input_motion(&in, 5, 1);
	drain_ring();
	xd_kbd_pay(&kbd);
	expect_motion(8, -3, 0);
	/* sent once */
	xd_kbd_pay(&kbd);
	assert_null(next_event());
	assert_int_equal(kbd.dropped, 0);
}

static void hostile_indices_ignored(void **state)
{
	static const uint32_t bad[] = { 1, 52, 1000, 0x80000000U, -52U };
	unsigned char before[1024];
	unsigned int i;

	memset(page + 3072, 0x5a, 1024);
	memcpy(before, page + 3072, 1024);
	xd_input_key(&in, KEY_A, true);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* ahead of the daemon, or too far behind */
		shared->in_cons = kbd.ring.prod + bad[i];
		shared->in_prod = bad[i];
		kbd.dropped = 0;
		xd_input_position(&in, 1, 1);
		xd_input_key(&in, KEY_B, true);
		assert_int_equal(kbd.dropped, 1);
		xd_input_key(&in, KEY_A, false);
		xd_input_key(&in, KEY_A, true);
	}
	/* in_prod is never read back */
	shared->in_cons = kbd.ring.prod;
	shared->in_prod = 0x12345678;
	xd_input_key(&in, KEY_B, true);
	assert_int_equal(shared->in_prod, kbd.ring.prod);
	assert_memory_equal(page + 3072, before, 1024);
}

/* The ring works from any index, even across the overflow */
static void ring_starts_at_any_index(void **state)
{
	static const uint32_t starts[] = { 1, 50, 51, 52, UINT32_MAX - 20 };
	unsigned int i, n;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		shared->in_cons = shared->in_prod = starts[i];
		xd_kbd_ring_attach(&kbd.ring, page);
		for (n = 0; n < 100; n++) {
			xd_input_key(&in, KEY_A, !(n % 2));
			expect_key(KEY_A, !(n % 2));
		}
	}
}

/* After the daemon was killed, its successor releases everything */
static void rejoined_guest_gets_everything_released(void **state)
{
	const union xenkbd_in_event *e;
	unsigned int released = 0, lifted = 0, frames = 0, turns;

	xd_kbd_start(&kbd, true);
	for (turns = 0; turns < 100; turns++) {
		while ((e = next_event())) {
			if (e->type == XENKBD_TYPE_KEY) {
				assert_int_equal(e->key.pressed, 0);
				released++;
			} else if (e->mtouch.event_type == XENKBD_MT_EV_UP) {
				lifted++;
			} else {
				frames++;
			}
		}
		xd_kbd_pay(&kbd);
	}
	assert_int_equal(released, KEY_UNKNOWN - KEY_ESC + BTN_TASK - BTN_LEFT +
					   1 + KEY_MAX - KEY_OK - POWER_KEYS);
	assert_int_equal(lifted, 2);
	assert_int_equal(frames, 1);
	assert_int_equal(kbd.owed, 0);
	xd_input_key(&in, KEY_A, true);
	expect_key(KEY_A, 1);
}

static void power_keys_not_sent(void **state)
{
	unsigned int i;

	for (i = 0; i < POWER_KEYS; i++) {
		xd_input_key(&in, power_keys[i], true);
		xd_input_key(&in, power_keys[i], false);
	}
	assert_null(next_event());
	xd_input_key(&in, KEY_WAKEUP, true);
	expect_key(KEY_WAKEUP, 1);
}

/* Keyboard, pointer and touch screen are three devices of the guest */
static void kinds_go_to_their_devices(void **state)
{
	static struct xd_kbd other;

	in.kbds[XD_KEYS] = &other;
	in.kbds[XD_TOUCH] = NULL;
	xd_input_key(&in, BTN_LEFT, true);
	xd_input_touch(&in, XD_TOUCH_DOWN, 1, 0, 0);
	xd_input_touch_frame(&in);
	/* the other device has no keyboard */
	xd_input_key(&in, KEY_A, true);
	expect_key(BTN_LEFT, 1);
	assert_null(next_event());
	/* only the kind that was asked for */
	xd_input_release(&in, XD_INPUT_KEYS);
	assert_null(next_event());
	xd_input_release(&in, XD_INPUT_ALL);
	expect_key(BTN_LEFT, 0);
}

static void lock_keys_follow_compositor(void **state)
{
	xd_input_set_locks(&in, XD_LOCK_CAPS);
	expect_key(KEY_CAPSLOCK, 1);
	expect_key(KEY_CAPSLOCK, 0);
	assert_int_equal(xd_input_locks(&in), XD_LOCK_CAPS);
	xd_input_set_locks(&in, XD_LOCK_CAPS);
	assert_null(next_event());
	/* the user has switched it off in the guest meanwhile */
	xd_input_key(&in, KEY_CAPSLOCK, true);
	xd_input_set_locks(&in, XD_LOCK_CAPS);
	xd_input_key(&in, KEY_CAPSLOCK, false);
	expect_key(KEY_CAPSLOCK, 1);
	expect_key(KEY_CAPSLOCK, 0);
	assert_null(next_event());
	xd_input_set_locks(&in, XD_LOCK_NUM);
	expect_key(KEY_NUMLOCK, 1);
	expect_key(KEY_NUMLOCK, 0);
	assert_null(next_event());
	/* lock-keys = no */
	in.follow_locks = false;
	xd_input_set_locks(&in, 0);
	assert_null(next_event());
	/* what a guest has after a restart of the daemon is not known */
	in.follow_locks = true;
	xd_kbd_start(&kbd, true);
	drain_ring();
	xd_kbd_pay(&kbd);
	while (kbd.owed) {
		drain_ring();
		xd_kbd_pay(&kbd);
	}
	drain_ring();
	xd_input_set_locks(&in, XD_LOCK_CAPS);
	assert_null(next_event());
	assert_int_equal(xd_input_locks(&in), XD_LOCK_CAPS);
	xd_input_set_locks(&in, 0);
	expect_key(KEY_CAPSLOCK, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(power_keys_not_sent, begin),
		cmocka_unit_test_setup(kinds_go_to_their_devices, begin),
		cmocka_unit_test_setup(lock_keys_follow_compositor, begin),
		cmocka_unit_test_setup(keys_sent_once_each, begin),
		cmocka_unit_test_setup(events_for_missing_devices_dropped,
				       begin),
		cmocka_unit_test_setup(positions_clamped_and_scaled, begin),
		cmocka_unit_test_setup(scaled_position_maps_back_to_same_pixel,
				       begin),
		cmocka_unit_test_setup(relative_pointer_gets_motions, begin),
		cmocka_unit_test_setup(wheel_clicks_accumulated, begin),
		cmocka_unit_test_setup(touches_within_number_of_contacts,
				       begin),
		cmocka_unit_test_setup(release_lifts_pressed_keys, begin),
		cmocka_unit_test_setup(full_ring_drops_presses_owes_releases,
				       begin),
		cmocka_unit_test_setup(full_ring_coalesces_motion, begin),
		cmocka_unit_test_setup(hostile_indices_ignored, begin),
		cmocka_unit_test_setup(ring_starts_at_any_index, begin),
		cmocka_unit_test_setup(rejoined_guest_gets_everything_released,
				       begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
