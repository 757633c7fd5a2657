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

	input.kbd = (struct xd_kbd *)&listens;
	comp.width = 2 * W;
	comp.height = 2 * H;
	o->ops->show(o, a, 0, 0);
	soon(seen.shown);
	compositor_focus(true);
	expect_events("at 2 1, ");
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
	expect_events("at 2 1, ");
	o->ops->off(o);
	expect_events("release 7, ");
	o->ops->release(o, a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(input_reaches_guest),
	};
	int failed;

	if (begin_windows())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	end_windows();
	return failed;
}
