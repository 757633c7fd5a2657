// SPDX-License-Identifier: GPL-2.0-only
/* A screen whose output goes away, comes back, or changes its mind */
#include "fake_screen.h"

static void lost(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	out.under_way = false;
	out.shown = out.coming = NULL;
	out.output.lost(&out.output);
	told_is(1, 2);
	assert_int_equal(out.opened, 1);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	assert_int_equal(failed, 0);
	assert_int_equal(xd_screen_flip(s, fbs[2]), 0);
	land();
	told_is(2, 3);
}

/* It comes back, and what the guest shows by then is shown */
static void back(void **state)
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
	/* not there yet; it takes longer each time */
	assert_int_equal(out.tries, tries + 1);
	run_for(100);
	assert_int_equal(out.tries, tries + 1);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	/* in the middle of a flip, which is done by this */
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
	/* keyboard and pointer went and came with it */
	assert_int_equal(inputs, 2);
}

/* Something was plugged in: that is looked at soon, however long it took */
static void plugged_in(void **state)
{
	int tries;

	/* nothing is missing */
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

/* Not there when the guest comes, or never: that is what the error says */
static void away(void **state)
{
	struct xd_screen second;
	int tries;

	out.refuse = XD_OUTPUT_KMS;
	out.refuse_err = -EAGAIN;
	assert_int_equal(xd_screen_init(&second, &loop, &guest, 1, SIDE, SIDE,
					&policy),
			 0);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	tries = out.tries;
	out.refuse_err = -ENODEV;
	run_for(400);
	assert_int_equal(out.tries, tries + 1);
	run_for(700);
	assert_int_equal(out.tries, tries + 1);
	xd_screen_fini(&second);
}

static void choose(struct xd_screen *chosen)
{
	const struct xd_policy by_itself = { .output = XD_OUTPUT_AUTO };

	assert_int_equal(xd_screen_init(chosen, &loop, &guest, 1, SIDE, SIDE,
					&by_itself),
			 0);
	chosen->changed = s->changed;
}

/* output = auto, and a screen is free */
static void chosen(void **state)
{
	struct xd_screen second;
	int tries;

	choose(&second);
	assert_int_equal(out.kind, XD_OUTPUT_AUTO);
	assert_int_equal(infos, 1);
	assert_string_equal(second.why_headless, "");
	assert_null(xd_screen_advice(&second));
	/* unplugged, and not there soon after */
	out.refuse = XD_OUTPUT_AUTO;
	out.refuse_err = -EAGAIN;
	tries = out.tries;
	out.output.lost(&out.output);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	/* headless, and one look */
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

/* ... and none is free, which no timer asks again */
static void chosen_later(void **state)
{
	struct xd_screen second;
	int tries;

	out.refuse = XD_OUTPUT_AUTO;
	out.refuse_err = -EAGAIN;
	choose(&second);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	assert_string_equal(second.why_headless, "because");
	assert_non_null(strstr(xd_screen_advice(&second), "connect a screen"));
	tries = out.tries;
	run_for(400);
	assert_int_equal(out.tries, tries);
	/* another kind of thing was plugged in */
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

/* ... and another program has the card: never taken when it leaves for a moment */
static void not_chosen(void **state)
{
	struct xd_screen second;
	int tries;

	out.refuse = XD_OUTPUT_AUTO;
	out.refuse_err = -EBUSY;
	choose(&second);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	assert_string_equal(second.why_headless, "because");
	assert_non_null(strstr(xd_screen_advice(&second), "output = wayland"));
	out.refuse = 0;
	tries = out.tries;
	xd_screen_look(&second);
	run_for(400);
	assert_int_equal(out.tries, tries);
	xd_screen_fini(&second);
	/* the configuration has named its output: there is nothing to add */
	assert_null(xd_screen_advice(s));
}

/* The output says later that it cannot show what it had taken in */
static void refused(void **state)
{
	struct xd_image *image;

	xd_screen_show(s, fbs[0], 0, 0);
	image = out.shown;
	out.shown = NULL;
	out.output.refused(&out.output, image, -EINVAL);
	assert_int_equal(s->stats.imported, 0);
	assert_int_equal(s->stats.copied, 1);
	assert_non_null(out.shown->pixels);
	/* a flip: it goes on as a copy, and is done once */
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
	/* one that is shown no more: that one alone */
	xd_screen_flip(s, fbs[2]);
	land();
	image = out.shown;
	xd_screen_flip(s, fbs[3]);
	land();
	told_is(3, 4);
	out.output.refused(&out.output, image, -EINVAL);
	assert_null(out.shown->pixels);
	assert_true(xd_view_is_copied(&s->views, fbs[2]));
	/* and one that nobody knows */
	out.output.refused(&out.output, image, -EINVAL);
	assert_false(xd_view_is_copied(&s->views, fbs[3]));
	/* no copy either: the guest goes on, unseen */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(lost),	  test(back),	 test(plugged_in),
		test(away),	  test(chosen),	 test(chosen_later),
		test(not_chosen), test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
