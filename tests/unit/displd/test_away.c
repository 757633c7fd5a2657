// SPDX-License-Identifier: GPL-2.0-only
/* A screen whose output is lost, comes back, or refuses an image later */
#include "fake_screen.h"

#include <stdio.h>

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

/* The output is lost and opened again; the guest's picture is shown at once */
static void lose_and_open(void)
{
	out.under_way = false;
	out.shown = NULL;
	out.output.lost(&out.output);
	assert_int_equal(rooms, 1);
	rooms = 0;
	s->pause = 0;
	xd_screen_look(s);
	run_for(350);
	assert_int_equal(out.kind, XD_OUTPUT_KMS);
}

static void picture_that_broke_output_copied_afterwards(void **state)
{
	struct xd_fb_desc desc = fbs[0]->desc;
	struct xd_fb *wider;

	xd_screen_show(s, fbs[0], 0, 0);
	out.output.broke(&out.output, out.shown, "error 7: cannot import");
	lose_and_open();
	assert_non_null(out.shown->pixels);
	assert_string_equal(
		s->views.why_copied,
		"XR24 4x4 pitch 16: has broken this output: error 7: cannot import");
	/* a new framebuffer of the kind, but no other */
	xd_screen_flip(s, fbs[1]);
	run_until_flip();
	assert_non_null(out.coming->pixels);
	land();
	desc.cookie = 9;
	desc.pitch = 64;
	assert_int_equal(
		xd_fb_create(&frontend.fbs, &guest, &dbuf, &desc, &wider), 0);
	xd_screen_flip(s, wider);
	assert_null(out.coming->pixels);
	land();
	/* nor at another target */
	out.new_import -= 10 * XDC_NS_PER_S;
	out.target = "elsewhere";
	lose_and_open();
	xd_screen_flip(s, fbs[2]);
	assert_null(out.coming->pixels);
	land();
	/* the guest's display connects again */
	out.target = "somewhere";
	xd_screen_fini(s);
	assert_int_equal(
		xd_screen_init(s, &loop, &guest, 0, SIDE, SIDE, &policy), 0);
	set_callbacks();
	xd_screen_show(s, fbs[3], 0, 0);
	run_for(20);
	assert_non_null(out.shown->pixels);
}

static void unknown_picture_that_broke_output_all_copied(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	out.output.broke(&out.output, NULL, "error 1");
	lose_and_open();
	assert_non_null(out.shown->pixels);
	assert_non_null(xd_distrust_find(&guest.distrusts, "somewhere", "any"));
	assert_null(xd_distrust_find(&guest.distrusts, "elsewhere", "any"));
}

/* More kinds than can be remembered */
static void guest_that_breaks_every_kind_copied_everywhere(void **state)
{
	struct xd_distrusts *d = &guest.distrusts;
	char kind[8];
	unsigned int i;

	for (i = 0; i < 20; i++) {
		snprintf(kind, sizeof(kind), "kind %u", i);
		xd_distrust_add(d, "here", kind, "why");
		/* what is known is not counted again */
		xd_distrust_add(d, "here", kind, "why");
		assert_int_equal(d->nr, i < 8 ? i + 1 : 8);
	}
	assert_non_null(xd_distrust_find(d, "there", "other"));
}

/* A compositor that crashes at a picture, and sends no error */
static void output_that_ends_twice_soon_copied(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	lose_and_open();
	assert_null(out.shown->pixels);
	/* the first output had shown it for long */
	out.new_import -= 10 * XDC_NS_PER_S;
	lose_and_open();
	assert_null(out.shown->pixels);
	lose_and_open();
	assert_null(out.shown->pixels);
	lose_and_open();
	assert_non_null(out.shown->pixels);
	assert_non_null(strstr(s->views.why_copied, "ended twice"));
}

static void lose_off_and_open(void)
{
	lose();
	xd_screen_show(s, NULL, 0, 0);
	s->pause = 0;
	xd_screen_look(s);
	run_for(350);
	assert_int_equal(out.kind, XD_OUTPUT_KMS);
}

/* The guest waits before it shows the picture at which the compositor crashes */
static void output_that_ends_twice_soon_after_picture_copied(void **state)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		s->opened -= 10 * XDC_NS_PER_S;
		xd_screen_show(s, fbs[0], 0, 0);
		assert_null(out.shown->pixels);
		lose_off_and_open();
	}
	xd_screen_show(s, fbs[0], 0, 0);
	run_for(20);
	assert_non_null(out.shown->pixels);
}

/* Two windows of the guest, at the connection that has ended */
static void end_of_connection_counted_once(void **state)
{
	uint64_t at;

	xd_screen_show(s, fbs[0], 0, 0);
	at = out.new_import;
	lose_off_and_open();
	out.new_import = at;
	lose_off_and_open();
	xd_screen_show(s, fbs[0], 0, 0);
	assert_null(out.shown->pixels);
	lose_off_and_open();
	xd_screen_show(s, fbs[0], 0, 0);
	run_for(20);
	assert_non_null(out.shown->pixels);
}

/* The guest's display connects again after each crash */
static void ends_of_output_counted_over_reconnects(void **state)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		xd_screen_show(s, fbs[0], 0, 0);
		assert_null(out.shown->pixels);
		lose();
		xd_screen_fini(s);
		assert_int_equal(xd_screen_init(s, &loop, &guest, 0, SIDE, SIDE,
						&policy),
				 0);
		set_callbacks();
	}
	xd_screen_show(s, fbs[0], 0, 0);
	run_for(20);
	assert_non_null(out.shown->pixels);
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

static void reason_of_output_reaches_status(void **state)
{
	out.import_err = -EINVAL;
	out.why = "rows of 260 bytes";
	xd_screen_show(s, fbs[0], 0, 0);
	assert_string_equal(s->views.why_copied,
			    "XR24 4x4 pitch 16: rows of 260 bytes");
	/* the next one has no words of its own */
	out.why = "";
	xd_screen_show(s, fbs[1], 0, 0);
	assert_string_equal(s->views.why_copied,
			    "XR24 4x4 pitch 16: Invalid argument");
}

static void leave_reason(void)
{
	snprintf(out.output.why, sizeof(out.output.why), "of another picture");
}

/* The output refuses an image that was released meanwhile */
static void refuse_released(void)
{
	leave_reason();
	out.output.refused(&out.output, (struct xd_image *)&dbuf, -EIO);
}

static void expect_reason(int err)
{
	char text[100];

	snprintf(text, sizeof(text), "XR24 4x4 pitch 16: %s", strerror(err));
	assert_string_equal(s->views.why_copied, text);
	s->views.why_copied[0] = '\0';
}

/* That of a released image, or of an error that a copy would not have avoided */
static void older_reason_of_output_not_used(void **state)
{
	struct xd_image *image;

	xd_screen_show(s, fbs[0], 0, 0);
	refuse_released();
	out.import_err = -ENOMEM;
	xd_screen_flip(s, fbs[1]);
	expect_reason(ENOMEM);
	run_until_flip();
	land();
	out.import_err = 0;
	leave_reason();
	out.flip_err = -EINVAL;
	xd_screen_flip(s, fbs[0]);
	expect_reason(EINVAL);
	run_until_flip();
	land();
	leave_reason();
	out.show_err = -ERANGE;
	xd_screen_show(s, fbs[2], 0, 0);
	expect_reason(ERANGE);
	/* one that comes later, without words */
	out.show_err = 0;
	xd_screen_show(s, fbs[3], 0, 0);
	refuse_released();
	image = out.shown;
	out.shown = NULL;
	out.output.refused(&out.output, image, -EPERM);
	expect_reason(EPERM);
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
		test(output_auto_out_of_files_retried),
		test(output_auto_with_busy_card_stays_headless),
		test(output_refuses_image_later_copied),
		test(picture_that_broke_output_copied_afterwards),
		test(unknown_picture_that_broke_output_all_copied),
		test(guest_that_breaks_every_kind_copied_everywhere),
		test(output_that_ends_twice_soon_copied),
		test(output_that_ends_twice_soon_after_picture_copied),
		test(end_of_connection_counted_once),
		test(ends_of_output_counted_over_reconnects),
		test(full_output_pauses_guest),
		test(reason_of_output_reaches_status),
		test(older_reason_of_output_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
