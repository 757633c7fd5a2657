// SPDX-License-Identifier: GPL-2.0-only
/* A guest detaches framebuffers that its screen shows or is about to show */
#include "fake_screen.h"

/* The guest detaches a framebuffer */
static void forget(struct xd_fb *fb)
{
	s->views.detached(&s->views, fb);
}

static void framebuffer_forgotten_while_flipped(void **state)
{
	unsigned int users = dbuf.users;

	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[2]);
	/* a waiting flip */
	forget(fbs[2]);
	told_is(1, 3);
	assert_int_equal(out.offs, 0);
	/* a flip under way: the screen is off before the memory is released */
	forget(fbs[1]);
	told_is(2, 2);
	assert_int_equal(out.offs, 1);
	/* a framebuffer that is not in use */
	forget(fbs[4]);
	told_is(2, 2);
	xd_screen_show(s, fbs[3], 0, 0);
	forget(fbs[3]);
	assert_int_equal(out.offs, 2);
	assert_int_equal(dbuf.users, users);
}

/* A guest detaches the framebuffer that it has just flipped away from */
static void framebuffer_detached_while_shown_kept_until_flip(void **state)
{
	unsigned int users = dbuf.users;

	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_fb_detach(fbs[0]);
	/* it is still on the screen */
	assert_int_equal(out.offs, 0);
	assert_ptr_equal(s->current, fbs[0]);
	assert_int_equal(dbuf.users, users);
	land();
	told_is(1, 2);
	assert_int_equal(dbuf.users, users - 1);
	assert_int_equal(xd_screen_flip(s, fbs[2]), 0);
	/* framebuffers one and two flips behind */
	xd_screen_flip(s, fbs[3]);
	xd_fb_detach(fbs[1]);
	xd_fb_detach(fbs[2]);
	assert_int_equal(out.offs, 0);
	land();
	told_is(2, 3);
	land();
	told_is(3, 4);
	assert_int_equal(out.offs, 0);
	assert_int_equal(dbuf.users, users - 3);
	/* without another flip to come, the screen is switched off */
	xd_screen_flip(s, fbs[3]);
	xd_screen_flip(s, fbs[4]);
	xd_fb_detach(fbs[4]);
	told_is(4, 5);
	assert_int_equal(out.offs, 0);
	xd_fb_detach(fbs[3]);
	told_is(5, 4);
	assert_int_equal(out.offs, 1);
	assert_true(LIST_EMPTY(&frontend.fbs));
}

/* ... and the output is lost before the flip is done */
static void framebuffer_detached_and_output_lost(void **state)
{
	unsigned int users = dbuf.users;

	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_fb_detach(fbs[0]);
	out.under_way = false;
	out.shown = out.coming = NULL;
	out.output.lost(&out.output);
	told_is(1, 2);
	/* the lost output's images are gone; fbs[1] is shown, headless */
	assert_ptr_equal(s->current, fbs[1]);
	assert_int_equal(out.images, 1);
	assert_int_equal(dbuf.users, users - 1);
	assert_int_equal(xd_screen_flip(s, fbs[2]), 0);
	land();
	assert_int_equal(out.images, 2);
}

/* The flip under way is detached before the waiting one, which hides that */
static void framebuffers_detached_in_order_of_flips(void **state)
{
	unsigned int users = dbuf.users;

	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[3]);
	xd_screen_flip(s, fbs[4]);
	xd_fb_detach(fbs[3]);
	told_is(0, 0);
	assert_int_equal(out.offs, 0);
	xd_fb_detach(fbs[4]);
	told_is(2, 4);
	assert_int_equal(out.offs, 1);
	assert_null(s->current);
	assert_int_equal(dbuf.users, users - 2);
}

/* The same while a picture is refreshed, which no flip of the guest's is */
static void framebuffer_detached_during_refresh(void **state)
{
	unsigned int users = dbuf.users;

	s->policy.refresh = 50;
	out.output.needs_flips = true;
	xd_screen_show(s, fbs[0], 0, 0);
	run_until_flip();
	xd_screen_flip(s, fbs[1]);
	xd_fb_detach(fbs[0]);
	assert_int_equal(out.offs, 0);
	xd_fb_detach(fbs[1]);
	told_is(1, 2);
	assert_int_equal(out.offs, 1);
	assert_int_equal(dbuf.users, users - 2);
	out.output.needs_flips = false;
}

/*
 * fbs[0] stays on screen when the flip to fbs[1] is refused once, and the guest
 * detaches it: release() in fake_screen.c checks that it is not released
 */
static void detach_after_refused_flip(void **state)
{
	static const int errors[] = { -EBUSY, -EACCES, -EIO };
	unsigned int users, i;

	for (i = 0; i < 3; i++) {
		users = dbuf.users;
		assert_int_equal(xd_screen_show(s, fbs[i], 0, 0), 0);
		out.flip_err = out.copy_err = errors[i];
		assert_int_equal(xd_screen_flip(s, fbs[4]), 0);
		run_for(40);
		told_is(i + 1, 5);
		xd_fb_detach(fbs[i]);
		assert_int_equal(dbuf.users, users);
		assert_int_equal(out.offs, 0);
		/* the output is told again, without the guest */
		out.flip_err = out.copy_err = 0;
		run_until_flip();
		land();
		told_is(i + 1, 5);
		assert_int_equal(dbuf.users, users - 1);
		assert_int_equal(out.offs, 0);
	}
}

/* Rather nothing is shown than the memory of a guest held for ever */
static void detach_while_flips_are_refused(void **state)
{
	unsigned int users = dbuf.users;

	assert_int_equal(xd_screen_show(s, fbs[0], 0, 0), 0);
	out.flip_err = out.show_err = -EACCES;
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	run_for(40);
	xd_fb_detach(fbs[0]);
	run_for(300);
	assert_int_equal(dbuf.users, users);
	/* flips meanwhile change nothing about that */
	assert_int_equal(xd_screen_flip(s, fbs[2]), 0);
	run_for(2200);
	assert_int_equal(dbuf.users, users - 1);
	assert_int_equal(out.offs, 1);
	assert_null(out.shown);
	/* it is shown when that is possible again */
	out.flip_err = out.show_err = 0;
	run_for(1100);
	assert_non_null(out.shown);
	told_is(2, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(framebuffer_forgotten_while_flipped),
		test(framebuffer_detached_while_shown_kept_until_flip),
		test(framebuffer_detached_and_output_lost),
		test(framebuffers_detached_in_order_of_flips),
		test(framebuffer_detached_during_refresh),
		test(detach_after_refused_flip),
		test(detach_while_flips_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
