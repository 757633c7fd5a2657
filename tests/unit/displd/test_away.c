// SPDX-License-Identifier: GPL-2.0-only
/* A screen whose output is lost, comes back, or refuses an image later */
#include "fake_screen.h"

/* The output ends with all that it shows and is to show */
static void lose(void)
{
	out.under_way = false;
	out.shown = out.coming = NULL;
	out.output.lost(&out.output);
}

static void output_lost_flips_continue_headless(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	lose();
	told_is(1, 2);
	assert_int_equal(out.opened, 1);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	assert_int_equal(failed, 0);
	assert_int_equal(xd_screen_flip(s, fbs[2]), 0);
	land();
	told_is(2, 3);
}

/* The guest was told that the flip is done: it may detach what it flipped from */
static void output_lost_during_flip_shows_flipped_picture(void **state)
{
	unsigned int users = dbuf.users;

	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	lose();
	told_is(1, 2);
	assert_ptr_equal(s->current, fbs[1]);
	xd_fb_detach(fbs[0]);
	assert_int_equal(out.offs, 0);
	assert_int_equal(dbuf.users, users - 1);
	assert_int_equal(xd_screen_flip(s, fbs[2]), 0);
	land();
	told_is(2, 3);
}

static void output_lost_with_queued_flip_shows_last_picture(void **state)
{
	unsigned int users = dbuf.users;

	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[2]);
	/* the guest has detached it before the loss */
	xd_fb_detach(fbs[0]);
	lose();
	told_is(2, 3);
	assert_ptr_equal(s->current, fbs[2]);
	xd_fb_detach(fbs[1]);
	assert_int_equal(out.offs, 0);
	assert_int_equal(dbuf.users, users - 2);
	assert_int_equal(xd_screen_flip(s, fbs[3]), 0);
	land();
	told_is(3, 4);
}

static void output_back_during_flip_shows_flipped_picture(void **state)
{
	unsigned int users = dbuf.users;

	xd_screen_show(s, fbs[0], 0, 0);
	lose();
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[2]);
	run_for(300);
	assert_int_equal(out.kind, XD_OUTPUT_KMS);
	told_is(2, 3);
	assert_ptr_equal(s->current, fbs[2]);
	out.offs = 0;
	xd_fb_detach(fbs[0]);
	xd_fb_detach(fbs[1]);
	assert_int_equal(out.offs, 0);
	assert_int_equal(dbuf.users, users - 2);
	assert_int_equal(xd_screen_flip(s, fbs[3]), 0);
	land();
	told_is(3, 4);
}

/* The output comes back, and shows the guest's current framebuffer */
static void output_comes_back_shows_current_picture(void **state)
{
	int tries;

	xd_screen_show(s, fbs[0], 0, 0);
	out.shown = NULL;
	out.refuse = XD_OUTPUT_KMS;
	out.refuse_err = -EAGAIN;
	out.output.lost(&out.output);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	xd_screen_flip(s, fbs[1]);
	land();
	tries = out.tries;
	run_for(300);
	/* not back yet; each retry waits longer */
	assert_int_equal(out.tries, tries + 1);
	run_for(100);
	assert_int_equal(out.tries, tries + 1);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	/* back during a flip, which is done thereby */
	xd_screen_flip(s, fbs[2]);
	told_is(1, 2);
	out.refuse = 0;
	out.shows = 0;
	run_for(700);
	assert_int_equal(out.kind, XD_OUTPUT_KMS);
	told_is(2, 3);
	assert_int_equal(out.shows, 1);
	assert_int_equal(out.opened, 1);
	assert_int_equal(xd_screen_flip(s, fbs[0]), 0);
	land();
	told_is(3, 1);
	tries = out.tries;
	run_for(1200);
	assert_int_equal(out.tries, tries);
	/* input devices were paired anew both times */
	assert_int_equal(inputs, 2);
}

/* A hotplug event makes the next retry come soon, however long the pause was */
static void hotplug_reopens_output_soon(void **state)
{
	int tries;

	/* the output is open: nothing to do */
	tries = out.tries;
	xd_screen_look(s);
	run_for(300);
	assert_int_equal(out.tries, tries);
	xd_screen_show(s, fbs[0], 0, 0);
	out.shown = NULL;
	out.refuse = XD_OUTPUT_KMS;
	out.refuse_err = -EAGAIN;
	out.output.lost(&out.output);
	s->pause = 8 * XDC_NS_PER_S;
	xdc_timer_in(&s->again, s->pause);
	out.refuse = 0;
	xd_screen_look(s);
	run_for(300);
	assert_int_equal(out.kind, XD_OUTPUT_KMS);
	assert_non_null(out.shown);
}

/* No output when the screen is made: -EAGAIN is retried, -ENODEV is final */
static void output_away_at_start_retried_until_enodev(void **state)
{
	struct xd_screen second;
	int tries;

	out.refuse = XD_OUTPUT_KMS;
	out.refuse_err = -EAGAIN;
	assert_int_equal(xd_screen_init(&second, &loop, &guest, XD_PLACE(1, 0),
					SIDE, SIDE, &policy),
			 0);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	/* of another display than the guest's first */
	assert_non_null(strstr(logged, "connector 1.0 is headless"));
	tries = out.tries;
	out.refuse_err = -ENODEV;
	run_for(400);
	assert_int_equal(out.tries, tries + 1);
	run_for(700);
	assert_int_equal(out.tries, tries + 1);
	xd_screen_fini(&second);
}

/* This process, or the machine, is out of files or memory for a while */
static void output_out_of_resources_retried(void **state)
{
	static const int errors[] = { -EMFILE, -ENFILE, -ENOMEM, -ENOSPC };
	unsigned int i;

	xd_screen_show(s, fbs[0], 0, 0);
	for (i = 0; i < 4; i++) {
		out.refuse = XD_OUTPUT_KMS;
		out.refuse_err = errors[i];
		s->pause = 0;
		lose();
		assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
		run_for(300);
		assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
		out.refuse = 0;
		run_for(600);
		assert_int_equal(out.kind, XD_OUTPUT_KMS);
		assert_non_null(out.shown);
	}
}

static void init_auto_screen(struct xd_screen *chosen)
{
	const struct xd_policy by_itself = { .output = XD_OUTPUT_AUTO };

	assert_int_equal(xd_screen_init(chosen, &loop, &guest, 1, SIDE, SIDE,
					&by_itself),
			 0);
	chosen->changed = s->changed;
	chosen->room = s->room;
}

/* output = auto with a free screen */
static void output_auto_takes_free_screen_again_after_hotplug(void **state)
{
	struct xd_screen second;
	int tries;

	init_auto_screen(&second);
	assert_int_equal(out.kind, XD_OUTPUT_AUTO);
	assert_int_equal(infos, 1);
	assert_string_equal(second.why_headless, "");
	assert_null(xd_screen_advice(&second));
	/* unplugged, and not back soon */
	out.refuse = XD_OUTPUT_AUTO;
	out.refuse_err = -EAGAIN;
	tries = out.tries;
	out.output.lost(&out.output);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	/* one attempt for headless, and one retry */
	run_for(300);
	assert_int_equal(out.tries, tries + 2);
	run_for(700);
	assert_int_equal(out.tries, tries + 2);
	out.refuse = 0;
	xd_screen_look(&second);
	run_for(300);
	assert_int_equal(out.kind, XD_OUTPUT_AUTO);
	assert_string_equal(second.why_headless, "");
	xd_screen_fini(&second);
}

/* output = auto without a free screen: not retried by a timer */
static void output_auto_without_free_screen_waits_for_hotplug(void **state)
{
	struct xd_screen second;
	int tries;

	out.refuse = XD_OUTPUT_AUTO;
	out.refuse_err = -EAGAIN;
	init_auto_screen(&second);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	assert_string_equal(second.why_headless, "because");
	assert_non_null(strstr(xd_screen_advice(&second), "connect a screen"));
	tries = out.tries;
	run_for(400);
	assert_int_equal(out.tries, tries);
	/* a hotplug event without a new screen */
	xd_screen_look(&second);
	run_for(1000);
	assert_int_equal(out.tries, tries + 1);
	assert_int_equal(infos, 0);
	out.refuse = 0;
	xd_screen_look(&second);
	run_for(300);
	assert_int_equal(out.kind, XD_OUTPUT_AUTO);
	assert_int_equal(infos, 1);
	assert_null(xd_screen_advice(&second));
	xd_screen_fini(&second);
}

/* output = auto, and udev has yet to let the daemon open the card that has come */
static void output_auto_retried_until_card_may_be_opened(void **state)
{
	struct xd_screen second;
	int tries;

	out.refuse = XD_OUTPUT_AUTO;
	out.refuse_err = -EAGAIN;
	init_auto_screen(&second);
	xd_screen_look(&second);
	out.refuse_err = -EACCES;
	tries = out.tries;
	run_for(300);
	assert_int_equal(out.tries, tries + 1);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	out.refuse = 0;
	run_for(600);
	assert_int_equal(out.kind, XD_OUTPUT_AUTO);
	assert_string_equal(second.why_headless, "");
	xd_screen_fini(&second);
}

/* The daemon may not open the card: not tried for ever, and said in the end */
static void output_auto_with_denied_card_waits_for_hotplug(void **state)
{
	struct xd_screen second;
	int tries;

	out.refuse = XD_OUTPUT_AUTO;
	out.refuse_err = -EACCES;
	init_auto_screen(&second);
	assert_non_null(strstr(logged, "headless for now"));
	assert_null(xd_screen_advice(&second));
	logged[0] = '\0';
	second.pause = 4 * XDC_NS_PER_S;
	xdc_timer_in(&second.again, 1);
	run_for(100);
	assert_string_equal(logged, "");
	assert_int_equal(second.pause, 8 * XDC_NS_PER_S);
	/* the last attempt */
	xdc_timer_in(&second.again, 1);
	tries = out.tries;
	run_for(100);
	assert_int_equal(out.tries, tries + 1);
	assert_int_equal(second.again.at, 0);
	assert_non_null(strstr(logged, "is headless: because. Try: "));
	assert_non_null(strstr(xd_screen_advice(&second), "connect a screen"));
	out.refuse = 0;
	xd_screen_look(&second);
	run_for(300);
	assert_int_equal(out.kind, XD_OUTPUT_AUTO);
	xd_screen_fini(&second);
}

/* output = auto, and out of files: retried, as no hotplug event tells of their end */
static void output_auto_out_of_files_retried(void **state)
{
	struct xd_screen second;

	out.refuse = XD_OUTPUT_AUTO;
	out.refuse_err = -EMFILE;
	init_auto_screen(&second);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	assert_non_null(strstr(logged, "headless for now"));
	/* it needs no other configuration and no other screen */
	assert_null(xd_screen_advice(&second));
	run_for(300);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	out.refuse = 0;
	run_for(600);
	assert_int_equal(out.kind, XD_OUTPUT_AUTO);
	xd_screen_fini(&second);
}

/* output = auto, another program has the card: final, even if it releases the card */
static void output_auto_with_busy_card_stays_headless(void **state)
{
	struct xd_screen second;
	int tries;

	out.refuse = XD_OUTPUT_AUTO;
	out.refuse_err = -EBUSY;
	init_auto_screen(&second);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	assert_string_equal(second.why_headless, "because");
	assert_non_null(strstr(xd_screen_advice(&second), "output = wayland"));
	out.refuse = 0;
	tries = out.tries;
	xd_screen_look(&second);
	run_for(400);
	assert_int_equal(out.tries, tries);
	xd_screen_fini(&second);
	/* no advice for an output that the configuration names */
	assert_null(xd_screen_advice(s));
}

/* The output refuses an image after its import succeeded */
static void output_refuses_image_later_copied(void **state)
{
	struct xd_image *image;

	xd_screen_show(s, fbs[0], 0, 0);
	image = out.shown;
	out.shown = NULL;
	out.output.refused(&out.output, image, -EINVAL);
	run_for(1);
	assert_int_equal(s->stats.imported, 0);
	assert_int_equal(s->stats.copied, 1);
	assert_non_null(out.shown->pixels);
	/* during a flip: continued as a copy, and done once */
	xd_screen_flip(s, fbs[1]);
	image = out.coming;
	out.under_way = false;
	out.output.refused(&out.output, image, -EINVAL);
	told_is(0, 0);
	run_for(1);
	assert_true(out.under_way);
	assert_non_null(out.coming->pixels);
	land();
	told_is(1, 2);
	/* an image that is not shown any more: only its framebuffer is marked */
	xd_screen_flip(s, fbs[2]);
	land();
	image = out.shown;
	xd_screen_flip(s, fbs[3]);
	land();
	told_is(3, 4);
	out.output.refused(&out.output, image, -EINVAL);
	assert_null(out.shown->pixels);
	assert_true(xd_view_is_copied(&s->views, fbs[2]));
	/* an unknown image */
	out.output.refused(&out.output, image, -EINVAL);
	assert_false(xd_view_is_copied(&s->views, fbs[3]));
	/* the copy fails as well: the guest's flips continue, not shown */
	xd_screen_flip(s, fbs[4]);
	image = out.coming;
	out.under_way = false;
	out.copy_err = -EIO;
	out.output.refused(&out.output, image, -EINVAL);
	told_is(3, 4);
	run_for(100);
	told_is(4, 5);
	assert_int_equal(s->stats.failed, 1);
	assert_int_equal(failed, 0);
}

static void full_output_pauses_guest(void **state)
{
	assert_false(xd_screen_output_is_full(s));
	out.full = true;
	assert_true(xd_screen_output_is_full(s));
	out.full = false;
	out.output.room(&out.output);
	assert_int_equal(rooms, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(output_lost_flips_continue_headless),
		test(output_lost_during_flip_shows_flipped_picture),
		test(output_lost_with_queued_flip_shows_last_picture),
		test(output_back_during_flip_shows_flipped_picture),
		test(output_comes_back_shows_current_picture),
		test(hotplug_reopens_output_soon),
		test(output_away_at_start_retried_until_enodev),
		test(output_out_of_resources_retried),
		test(output_auto_takes_free_screen_again_after_hotplug),
		test(output_auto_without_free_screen_waits_for_hotplug),
		test(output_auto_retried_until_card_may_be_opened),
		test(output_auto_with_denied_card_waits_for_hotplug),
		test(output_auto_out_of_files_retried),
		test(output_auto_with_busy_card_stays_headless),
		test(output_refuses_image_later_copied),
		test(full_output_pauses_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
