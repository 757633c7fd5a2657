// SPDX-License-Identifier: GPL-2.0-only
/* A screen between a guest's flips and its output */
#include "fake_screen.h"

static void flips(void **state)
{
	assert_int_equal(xd_screen_flip(s, fbs[0]), -EINVAL);
	assert_int_equal(xd_screen_show(s, fbs[0], 0, 0), 0);
	told_is(0, 0);
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	told_is(0, 0);
	assert_ptr_equal(s->current, fbs[0]);
	land();
	told_is(1, 2);
	assert_ptr_equal(s->current, fbs[1]);
	/* an event that nobody waits for */
	out.output.flip_done(&out.output);
	told_is(1, 2);
	assert_int_equal(s->stats.copied, 0);
	assert_int_equal(s->stats.imported, 2);
}

static void flood(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[2]);
	told_is(0, 0);
	/* the newest waits, the one before it is done unseen */
	xd_screen_flip(s, fbs[3]);
	told_is(1, 3);
	assert_int_equal(s->stats.replaced, 1);
	land();
	told_is(2, 2);
	assert_true(out.under_way);
	land();
	told_is(3, 4);
	assert_false(out.under_way);
	assert_ptr_equal(s->current, fbs[3]);
}

static void off_in_flight(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[2]);
	/* each that was taken is answered, once and in order */
	assert_int_equal(xd_screen_show(s, NULL, 0, 0), 0);
	told_is(2, 3);
	assert_null(s->current);
	out.output.flip_done(&out.output);
	told_is(2, 3);
	assert_int_equal(xd_screen_flip(s, fbs[2]), -EINVAL);
}

/* The guest takes it away */
static void forget(struct xd_fb *fb)
{
	s->views.detached(&s->views, fb);
}

static void forgotten(void **state)
{
	unsigned int users = dbuf.users;

	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[2]);
	/* one that waits */
	forget(fbs[2]);
	told_is(1, 3);
	assert_int_equal(out.offs, 0);
	/* one under way: the screen goes off before its memory goes */
	forget(fbs[1]);
	told_is(2, 2);
	assert_int_equal(out.offs, 1);
	/* one that is nowhere */
	forget(fbs[4]);
	told_is(2, 2);
	xd_screen_show(s, fbs[3], 0, 0);
	forget(fbs[3]);
	assert_int_equal(out.offs, 2);
	assert_int_equal(dbuf.users, users);
}

/* A guest takes away what it has just flipped away from */
static void forgotten_behind(void **state)
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
	/* two steps behind, and one */
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
	/* with nothing else to come it goes dark */
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

/* ... and the output goes before the flip is done */
static void forgotten_and_lost(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_fb_detach(fbs[0]);
	out.under_way = false;
	out.shown = out.coming = NULL;
	out.output.lost(&out.output);
	told_is(1, 2);
	/* what it had taken in went with it; fbs[0] is shown again, headless */
	assert_int_equal(out.images, 1);
	assert_int_equal(xd_screen_flip(s, fbs[2]), 0);
	land();
	assert_int_equal(out.images, 1);
}

/* Nothing is left of a screen whose last output could not be replaced */
static void no_output(void **state)
{
	unsigned int users = dbuf.users;

	xd_screen_show(s, fbs[0], 0, 0);
	out.shown = NULL;
	out.refuse_all = true;
	out.refuse_err = -EMFILE;
	out.output.lost(&out.output);
	assert_int_equal(failed, 1);
	assert_null(s->output);
	xd_screen_fini(s);
	xd_fb_detach(fbs[0]);
	assert_int_equal(dbuf.users, users - 1);
}

static uint32_t fifth_pixel(const struct xd_image *image)
{
	return ((uint32_t *)image->pixels)[5] & 0xffffff;
}

/* A copy takes a turn of the loop */
static void flip_copy(struct xd_fb *fb)
{
	assert_int_equal(xd_screen_flip(s, fb), 0);
	assert_false(out.under_way);
	/* of this one nobody has told the output yet */
	out.output.flip_done(&out.output);
	run_for(1);
	assert_non_null(out.coming->pixels);
	/* never into what is on the screen */
	assert_ptr_not_equal(out.coming, out.shown);
}

static void copies(void **state)
{
	out.import_err = -EOPNOTSUPP;
	pixels[5] = 0x00abcdef;
	xd_screen_show(s, fbs[0], 0, 0);
	assert_int_equal(s->stats.copied, 1);
	assert_int_equal(fifth_pixel(out.shown), 0xabcdef);
	pixels[5] = 0x00123456;
	flip_copy(fbs[1]);
	assert_int_equal(fifth_pixel(out.shown), 0xabcdef);
	assert_int_equal(fifth_pixel(out.coming), 0x123456);
	told_is(0, 0);
	land();
	told_is(1, 2);
	flip_copy(fbs[0]);
	land();
	assert_int_equal(out.images, 2);
	/* that one alone: others are tried */
	out.import_err = 0;
	xd_screen_flip(s, fbs[2]);
	land();
	assert_int_equal(s->stats.imported, 1);
	flip_copy(fbs[0]);
	land();
	assert_int_equal(s->stats.copied, 4);
	assert_int_equal(s->views.copied, 2);
	assert_int_equal(s->views.imported, 1);
	told_is(4, 1);
}

/* Flips that follow begin where the screen does, as they are or as a copy */
static void part_of_it(void **state)
{
	out.side = SIDE - 1;
	pixels[5] = 0x00abcdef;
	out.import_err = -EOPNOTSUPP;
	xd_screen_show(s, fbs[0], 1, 1);
	assert_int_equal(s->stats.copied, 1);
	assert_int_equal(*(uint32_t *)out.shown->pixels & 0xffffff, 0xabcdef);
	assert_int_equal(out.x, 1);
	assert_int_equal(out.y, 1);
	out.import_err = 0;
	xd_screen_show(s, fbs[1], 0, 1);
	assert_int_equal(s->stats.imported, 1);
	assert_int_equal(out.x, 0);
	assert_int_equal(out.y, 1);
}

/* What was short may not be any more */
static void short_of_memory(void **state)
{
	xd_screen_show(s, fbs[4], 0, 0);
	out.import_err = -ENOMEM;
	flip_copy(fbs[0]);
	land();
	assert_true(xd_view_is_copied(&s->views, fbs[0]));
	/* not at every picture */
	out.import_err = 0;
	flip_copy(fbs[0]);
	land();
	run_for(1100);
	xd_screen_flip(s, fbs[0]);
	assert_true(out.under_way);
	assert_null(out.coming->pixels);
	land();
	assert_false(xd_view_is_copied(&s->views, fbs[0]));
	told_is(3, 1);
}

/* A reason is told once, and so is the next one */
static void reasons(void **state)
{
	out.import_err = -EOPNOTSUPP;
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_show(s, fbs[1], 0, 0);
	assert_int_equal(infos, 1);
	out.import_err = -EINVAL;
	xd_screen_show(s, fbs[2], 0, 0);
	assert_int_equal(infos, 2);
	fbs[3]->desc.pitch++;
	xd_screen_show(s, fbs[3], 0, 0);
	assert_int_equal(infos, 3);
	xd_screen_show(s, fbs[0], 0, 0);
	assert_int_equal(infos, 3);
	fbs[3]->desc.pitch--;
}

static unsigned int turns;

static void count_turn(struct xdc_work *w)
{
	turns++;
	if (!out.under_way)
		xdc_loop_later(&loop, w);
}

/* Others have their turns while much is copied */
static void large_copy(void **state)
{
	struct xdc_work others = { .run = count_turn };

	xd_screen_show(s, fbs[4], 0, 0);
	/* 36 MiB */
	out.side = 3072;
	out.import_err = -EOPNOTSUPP;
	pixels[5] = 0x00abcdef;
	assert_int_equal(xd_screen_flip(s, fbs[0]), 0);
	turns = 0;
	xdc_loop_later(&loop, &others);
	run_for(1000);
	assert_true(out.under_way);
	assert_int_equal(turns, 5);
	assert_int_equal(((uint32_t *)out.coming->pixels)[3072 + 1] & 0xffffff,
			 0xabcdef);
	land();
	told_is(1, 1);
	/* taken away in the middle of it */
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	loop.stop = false;
	loop.copied = 0;
	s->shadow.more.run(&s->shadow.more);
	assert_false(out.under_way);
	xd_fb_detach(fbs[1]);
	told_is(2, 2);
	run_for(50);
	assert_false(out.under_way);
	assert_null(s->current);
}

/* Taken in, and then not shown after all */
static void late_refusal(void **state)
{
	out.show_err = -EINVAL;
	assert_int_equal(xd_screen_show(s, fbs[0], 0, 0), 0);
	assert_int_equal(s->stats.copied, 1);
	assert_int_equal(out.images, 1);
	out.flip_err = -EINVAL;
	flip_copy(fbs[1]);
	assert_int_equal(s->stats.copied, 2);
	land();
	told_is(1, 2);
}

/* An output that cannot flip at the moment does not stop the guest */
static void blind(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	out.flip_err = -EACCES;
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	told_is(0, 0);
	run_for(100);
	told_is(1, 2);
	assert_int_equal(s->stats.failed, 1);
	out.flip_err = 0;
	xd_screen_flip(s, fbs[2]);
	land();
	told_is(2, 3);
}

static void refreshes(void **state)
{
	s->policy.refresh = 50;
	xd_screen_show(s, fbs[0], 0, 0);
	run_for(100);
	/* the output reads what the guest writes: nothing to do */
	assert_int_equal(out.flips, 0);
	out.output.needs_flips = true;
	run_for(100);
	assert_int_equal(out.flips, 1);
	run_for(100);
	assert_int_equal(out.flips, 1);
	land();
	run_for(100);
	assert_int_equal(out.flips, 2);
	/* a flip of the guest's in the middle is answered, that one only */
	xd_screen_flip(s, fbs[1]);
	land();
	told_is(0, 0);
	land();
	told_is(1, 2);
	/* who flips is left alone, and for a second after that */
	run_for(500);
	assert_int_equal(out.flips, 3);
	run_for(700);
	assert_int_equal(out.flips, 4);
	land();
	out.output.needs_flips = false;
}

static void screenshot(void **state)
{
	uint32_t shot[SIDE * SIDE];

	assert_int_equal(xd_screen_shot(s, shot, SIDE * 4, SIDE, SIDE),
			 -ENODATA);
	pixels[3] = 0x00778899;
	xd_screen_show(s, fbs[0], 0, 0);
	assert_int_equal(xd_screen_shot(s, shot, SIDE * 4, SIDE, SIDE), 0);
	assert_int_equal(shot[3] & 0xffffff, 0x778899);
}

/* No card: headless, and the guest does not notice */
static void fallback(void **state)
{
	struct xd_screen second;

	out.refuse = XD_OUTPUT_KMS;
	out.refuse_err = -ENODEV;
	assert_int_equal(xd_screen_init(&second, &loop, &guest, 1, SIDE, SIDE,
					&policy),
			 0);
	assert_non_null(second.output);
	xd_screen_fini(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(flips),
		test(flood),
		test(off_in_flight),
		test(forgotten),
		test(forgotten_behind),
		test(forgotten_and_lost),
		test(no_output),
		test(copies),
		test(part_of_it),
		test(short_of_memory),
		test(reasons),
		test(large_copy),
		test(late_refusal),
		test(blind),
		test(refreshes),
		test(screenshot),
		test(fallback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
