// SPDX-License-Identifier: GPL-2.0-only
/* Keys, pointer and touch of a compositor in a guest's window */
#include "fake_window.h"

static void expect_events(const char *what)
{
	run_for(20);
	assert_string_equal(events, what);
	events[0] = '\0';
}

static void input_reaches_guest(void **state)
{
	static int listens;
	struct xd_image *a = import(XR24, W, H);

	input.kbds[XD_KEYS] = (struct xd_kbd *)&listens;
	input.kbds[XD_POINTER] = (struct xd_kbd *)&listens;
	comp.width = 2 * W;
	comp.height = 2 * H;
	o->ops->show(o, a, 0, 0);
	soon(seen.shown);
	compositor_focus(true);
	compositor_modifiers(2);
	/* Caps Lock; later the guest sees the keys itself */
	expect_events("at 2 1, locks 1, ");
	compositor_modifiers(0);
	assert_int_equal(comp.cursors_hidden, 1);
	compositor_key(30, true);
	compositor_key(30, false);
	expect_events("press 30, lift 30, ");
	compositor_pointer(100, 50);
	expect_events("at 50 25, ");
	compositor_wheel(2);
	expect_events("wheel 240, ");
	compositor_touch(7, 20, 10);
	expect_events("touch 0 7 10 5, frame, ");
	compositor_touch_up(7);
	expect_events("touch 2 7 0 0, frame, ");
	compositor_focus(false);
	expect_events("release 1, release 2, ");
	compositor_key(31, true);
	expect_events("");
	/* the window is unmapped while it has the focus */
	compositor_focus(true);
	compositor_modifiers(16);
	expect_events("at 2 1, locks 2, ");
	o->ops->off(o);
	expect_events("release 7, ");
	o->ops->release(o, a);
}

/* A click with Ctrl that gives the window the focus is one with Ctrl in the guest */
static void modifiers_come_with_the_focus(void **state)
{
	static const uint32_t pressed[] = { 29, 30, 54, 58, 100, 125 };
	struct xd_image *a = import(XR24, W, H);

	o->ops->show(o, a, 0, 0);
	soon(seen.shown);
	compositor_focus_holding(pressed, 6);
	/* neither the key A nor Caps Lock */
	expect_events("press 29, press 54, press 100, press 125, ");
	compositor_pointer(4, 2);
	compositor_key(29, false);
	expect_events("lift 29, ");
	o->ops->off(o);
	expect_events("release 7, ");
	o->ops->show(o, a, 0, 0);
	soon(seen.shown);
	compositor_focus(true);
	expect_events("at 4 2, ");
	compositor_focus(false);
	expect_events("release 1, release 2, ");
	compositor_focus(true);
	compositor_focus_holding(pressed, 1);
	compositor_button(272, true);
	expect_events("at 4 2, press 29, press 272, ");
	o->ops->off(o);
	o->ops->release(o, a);
}

static void reopen(struct xd_image **a)
{
	o->ops->off(o);
	o->ops->release(o, *a);
	close_output();
	soon(!comp.surfaces);
	assert_int_equal(open_output(), 0);
	*a = import(XR24, W, H);
	o->ops->show(o, *a, 0, 0);
	soon(seen.shown);
	compositor_focus(true);
	run_for(20);
}

static void shortcuts_are_inhibited_on_request(void **state)
{
	static int listens;
	struct xd_image *a = import(XR24, W, H);

	input.kbds[XD_KEYS] = (struct xd_kbd *)&listens;
	reopen(&a);
	assert_int_equal(comp.inhibitors, 0);
	policy.inhibit_shortcuts = true;
	reopen(&a);
	assert_int_equal(comp.inhibitors, 1);
	/* once, whatever the focus does */
	compositor_focus(false);
	compositor_focus(true);
	run_for(20);
	assert_int_equal(comp.inhibitors, 1);
	o->ops->off(o);
	soon(!comp.inhibitors);
	/* a guest without a keyboard has no use for them */
	input.kbds[XD_KEYS] = NULL;
	reopen(&a);
	assert_int_equal(comp.inhibitors, 0);
	/* the compositor need not have the protocol */
	input.kbds[XD_KEYS] = (struct xd_kbd *)&listens;
	input.kbds[XD_POINTER] = (struct xd_kbd *)&listens;
	o->ops->off(o);
	o->ops->release(o, a);
	close_output();
	compositor_stop();
	comp.no_grabs = true;
	policy.lock_pointer = relative = true;
	compositor_start(&loop, path);
	assert_int_equal(open_output(), 0);
	a = import(XR24, W, H);
	reopen(&a);
	assert_int_equal(comp.inhibitors, 0);
	assert_int_equal(comp.locks, 0);
	o->ops->off(o);
	o->ops->release(o, a);
}

/* For a guest that receives motions, the pointer does not stop at the window's edge */
static void pointer_is_locked_on_request(void **state)
{
	static int listens;
	struct xd_image *a = import(XR24, W, H);

	input.kbds[XD_POINTER] = (struct xd_kbd *)&listens;
	relative = true;
	reopen(&a);
	assert_int_equal(comp.locks, 0);
	policy.lock_pointer = true;
	reopen(&a);
	assert_int_equal(comp.locks, 1);
	assert_int_equal(comp.relative_pointers, 1);
	events[0] = '\0';
	/* while it is not active, the positions count */
	compositor_motion(256, 256);
	compositor_pointer(5, 3);
	expect_events("at 5 3, ");
	compositor_lock(true);
	compositor_motion(3000 * 256, -300);
	compositor_motion(-100, -300);
	/* parts of a pixel add up */
	compositor_motion(-156, 0);
	expect_events("by 3000 -1, by 0 -1, by -1 0, ");
	compositor_lock(false);
	compositor_motion(256, 256);
	expect_events("");
	/* the guest gets a device with positions meanwhile */
	compositor_focus(false);
	relative = false;
	compositor_focus(true);
	soon(!comp.locks);
	assert_int_equal(comp.relative_pointers, 0);
	compositor_focus(false);
	relative = true;
	compositor_focus(true);
	soon(comp.locks == 1);
	o->ops->off(o);
	soon(!comp.locks);
	o->ops->release(o, a);
}

static void set_devices(struct xd_kbd *k)
{
	input.kbds[XD_KEYS] = input.kbds[XD_POINTER] = k;
	o->ops->inputs_changed(o);
}

/* The guest loads its driver, or its device connects again, while it has the focus */
static void devices_get_what_they_missed(void **state)
{
	static int listens;
	struct xd_kbd *k = (struct xd_kbd *)&listens;
	struct xd_image *a = import(XR24, W, H);

	policy.inhibit_shortcuts = policy.lock_pointer = relative = true;
	reopen(&a);
	compositor_modifiers(2);
	run_for(20);
	assert_int_equal(comp.inhibitors, 0);
	assert_int_equal(comp.locks, 0);
	events[0] = '\0';
	set_devices(k);
	expect_events("locks 1, at 4 2, ");
	assert_int_equal(comp.inhibitors, 1);
	assert_int_equal(comp.locks, 1);
	assert_int_equal(comp.cursors_hidden, 1);
	/* a change that does not concern these devices */
	set_devices(k);
	expect_events("");
	assert_int_equal(comp.inhibitors, 1);
	assert_int_equal(comp.cursors_hidden, 1);
	compositor_pointer(6, 4);
	set_devices(NULL);
	run_for(20);
	assert_int_equal(comp.locks, 0);
	compositor_modifiers(16);
	run_for(20);
	events[0] = '\0';
	set_devices(k);
	expect_events("locks 2, at 6 4, ");
	assert_int_equal(comp.inhibitors, 1);
	assert_int_equal(comp.locks, 1);
	/* without the focus they wait for it */
	compositor_focus(false);
	run_for(20);
	set_devices(NULL);
	events[0] = '\0';
	set_devices(k);
	expect_events("");
	compositor_focus(true);
	compositor_modifiers(2);
	expect_events("at 4 2, locks 1, ");
	o->ops->off(o);
	/* nor without a window */
	set_devices(NULL);
	o->ops->release(o, a);
}

/* A guest's devices can come again and again: the compositor must read first */
static void full_socket_delays_what_devices_want(void **state)
{
	static int listens;
	struct xd_image *a = import(XR24, W, H);
	unsigned int i;

	policy.inhibit_shortcuts = true;
	reopen(&a);
	compositor_deaf(true);
	for (i = 0; i < 100000 && !o->ops->is_full(o); i++)
		o->ops->flip(o, a);
	assert_true(o->ops->is_full(o));
	set_devices((struct xd_kbd *)&listens);
	compositor_deaf(false);
	soon(comp.inhibitors == 1);
	assert_int_equal(win.lost, 0);
	o->ops->off(o);
	o->ops->release(o, a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(input_reaches_guest),
		test(modifiers_come_with_the_focus),
		test(shortcuts_are_inhibited_on_request),
		test(pointer_is_locked_on_request),
		test(devices_get_what_they_missed),
		test(full_socket_delays_what_devices_want),
	};
	int failed;

	if (begin_windows())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	end_windows();
	return failed;
}
