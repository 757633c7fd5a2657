// SPDX-License-Identifier: GPL-2.0-only
/* A screen between a guest's flips and its output */
#include "fake_screen.h"

static void screen_flip_done_after_output(void **state)
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
	/* an event without a flip under way */
	out.output.flip_done(&out.output);
	told_is(1, 2);
	assert_int_equal(s->stats.copied, 0);
	assert_int_equal(s->stats.imported, 2);
}

/* A guest that does not wait for its flips waits for the screen */
static void screen_takes_one_flip_ahead(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	assert_false(xd_screen_is_full(s));
	xd_screen_flip(s, fbs[2]);
	assert_true(xd_screen_is_full(s));
	assert_int_equal(xd_screen_flip(s, fbs[3]), -EBUSY);
	told_is(0, 0);
	land();
	told_is(1, 2);
	assert_false(xd_screen_is_full(s));
	assert_true(out.under_way);
	assert_int_equal(xd_screen_flip(s, fbs[3]), 0);
	land();
	told_is(2, 3);
	land();
	told_is(3, 4);
	assert_false(out.under_way);
	assert_int_equal(s->stats.replaced, 0);
	assert_ptr_equal(s->current, fbs[3]);
}

static void screen_off_answers_flips_in_flight(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[2]);
	/* each accepted flip is answered once, in order */
	assert_int_equal(xd_screen_show(s, NULL, 0, 0), 0);
	told_is(2, 3);
	assert_null(s->current);
	out.output.flip_done(&out.output);
	told_is(2, 3);
	assert_int_equal(xd_screen_flip(s, fbs[2]), -EINVAL);
}

/* No output could be opened in place of a lost one: the frontend fails, nothing leaks */
static void screen_without_any_output_fails_once(void **state)
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
static void show_copy(struct xd_fb *fb, uint32_t x, uint32_t y)
{
	int shows = out.shows;

	assert_int_equal(xd_screen_show(s, fb, x, y), 0);
	assert_int_equal(out.shows, shows);
	run_for(1);
	assert_int_equal(out.shows, shows + 1);
	assert_non_null(out.shown->pixels);
}

static void flip_copy(struct xd_fb *fb)
{
	assert_int_equal(xd_screen_flip(s, fb), 0);
	assert_false(out.under_way);
	/* the output does not know of this flip yet */
	out.output.flip_done(&out.output);
	run_for(1);
	assert_non_null(out.coming->pixels);
	/* never copied into the image on the screen */
	assert_ptr_not_equal(out.coming, out.shown);
}

static void screen_copies_what_output_cannot_import(void **state)
{
	out.import_err = -EOPNOTSUPP;
	pixels[5] = 0x00abcdef;
	show_copy(fbs[0], 0, 0);
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
	/* only that framebuffer: another one is imported */
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

/*
 * A compositor can put a fence on a buffer that it has.  To announce a read would wait for
 * that fence.  Only a card must be told that its memory is read.
 */
static void only_reads_of_cards_memory_are_announced(void **state)
{
	out.import_err = -EOPNOTSUPP;
	show_copy(fbs[0], 0, 0);
	assert_int_equal(reads, 0);
	dbuf.of_card = true;
	flip_copy(fbs[1]);
	land();
	assert_int_equal(reads, 1);
	assert_int_equal(ended_reads, 1);
}

/* A display can have one connector on the card, another in a window */
static void cards_memory_is_no_compositors(void **state)
{
	dbuf.of_card = true;
	out.output.maps_images = true;
	show_copy(fbs[0], 0, 0);
	assert_int_equal(s->stats.imported, 0);
	assert_int_equal(reads, 1);
}

/* The shown part's offset is kept, for imported framebuffers and for copies */
static void screen_shows_part_of_larger_picture(void **state)
{
	out.side = SIDE - 1;
	pixels[5] = 0x00abcdef;
	out.import_err = -EOPNOTSUPP;
	show_copy(fbs[0], 1, 1);
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

/* After -ENOMEM the import is tried again a second later */
static void screen_retries_import_after_enomem(void **state)
{
	xd_screen_show(s, fbs[4], 0, 0);
	out.import_err = -ENOMEM;
	flip_copy(fbs[0]);
	land();
	assert_true(xd_view_is_copied(&s->views, fbs[0]));
	/* not with every flip */
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

/* Each reason for copying is logged once */
static void screen_tells_each_reason_for_copying_once(void **state)
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

/* Other work runs between the parts of a large copy */
static void screen_large_copy_in_turns(void **state)
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
	run_until_flip();
	assert_int_equal(turns, 36 / (XD_TURN_BYTES >> 20));
	assert_int_equal(((uint32_t *)out.coming->pixels)[3072 + 1] & 0xffffff,
			 0xabcdef);
	land();
	told_is(1, 1);
	/* the framebuffer is detached during the copy */
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	xdc_loop_cancel(&loop, &s->shadow.more);
	s->shadow.more.run(&s->shadow.more);
	assert_false(out.under_way);
	xd_fb_detach(fbs[1]);
	told_is(2, 2);
	run_for(50);
	assert_false(out.under_way);
	assert_null(s->current);
}

/* A picture that is shown first as a copy is copied in turns as well */
static void screen_large_copy_before_show(void **state)
{
	struct xdc_work others = { .run = count_turn };

	out.side = 3072;
	out.import_err = -EOPNOTSUPP;
	assert_int_equal(xd_screen_show(s, fbs[0], 0, 0), 0);
	/* a flip meanwhile waits for it */
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	assert_true(xd_screen_is_full(s));
	turns = 0;
	xdc_loop_later(&loop, &others);
	run_until_flip();
	assert_int_equal(out.shows, 1);
	assert_int_equal(turns, 2 * 36 / (XD_TURN_BYTES >> 20));
	told_is(0, 0);
	land();
	told_is(1, 2);
	/* off during a copy */
	assert_int_equal(xd_screen_show(s, fbs[2], 0, 0), 0);
	assert_int_equal(xd_screen_show(s, NULL, 0, 0), 0);
	run_for(50);
	assert_int_equal(out.shows, 1);
	assert_null(out.shown);
}

/* Two guests that copy share a turn, however many screens one of them has */
static void copies_are_shared_by_guests(void **state)
{
	struct xd_budget one = { 0 }, other = { 0 };
	size_t whole;

	xd_budget_begin_copy(&one);
	whole = xd_budget_copy(&one);
	assert_true(whole > 1 << 20);
	xd_budget_begin_copy(&other);
	assert_int_equal(xd_budget_copy(&one), whole / 2);
	xd_budget_begin_copy(&other);
	xd_budget_begin_copy(&other);
	assert_int_equal(xd_budget_copy(&one), whole / 2);
	assert_int_equal(xd_budget_copy(&other), whole / 6);
	xd_budget_end_copy(&other);
	xd_budget_end_copy(&other);
	xd_budget_end_copy(&other);
	assert_int_equal(xd_budget_copy(&one), whole);
	xd_budget_end_copy(&one);
}

/* A card that took a guest's memory and did not finish: copied from then on */
static void stalled_card_gets_copies(void **state)
{
	assert_int_equal(xd_screen_show(s, fbs[0], 0, 0), 0);
	xd_screen_flip(s, fbs[1]);
	out.under_way = false;
	out.shown = out.coming = NULL;
	out.output.broke(&out.output, NULL, "it did not complete a page flip");
	out.output.lost(&out.output);
	told_is(1, 2);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	assert_int_equal(s->stats.copied, 0);
	run_for(300);
	assert_int_equal(out.kind, XD_OUTPUT_KMS);
	assert_int_equal(s->stats.copied, 1);
	assert_non_null(out.shown->pixels);
	assert_non_null(strstr(s->views.why_copied, "did not complete"));
	flip_copy(fbs[2]);
	land();
	told_is(2, 3);
}

/* Imported, and then refused by show() or flip() */
static void screen_copies_what_output_cannot_show(void **state)
{
	out.show_err = -EINVAL;
	show_copy(fbs[0], 0, 0);
	assert_int_equal(s->stats.copied, 1);
	assert_int_equal(out.images, 1);
	out.flip_err = -EINVAL;
	flip_copy(fbs[1]);
	assert_int_equal(s->stats.copied, 2);
	land();
	told_is(1, 2);
}

/* A card that goes at that moment: the guest continues without a screen */
static void screen_show_failing_at_output_accepted(void **state)
{
	out.show_err = -ENODEV;
	assert_int_equal(xd_screen_show(s, fbs[0], 0, 0), 0);
	assert_null(out.shown);
	assert_non_null(strstr(logged, "No such device"));
	out.show_err = 0;
	out.output.lost(&out.output);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	assert_ptr_equal(s->current, fbs[0]);
	assert_non_null(out.shown);
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	land();
	told_is(1, 2);
}

/* ... or an output that shows nothing for a while */
static void screen_show_refused_by_output_retried(void **state)
{
	unsigned int users = dbuf.users;

	assert_int_equal(xd_screen_show(s, fbs[0], 0, 0), 0);
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[3]);
	xd_fb_detach(fbs[0]);
	xd_fb_detach(fbs[1]);
	out.show_err = -EACCES;
	assert_int_equal(xd_screen_show(s, fbs[2], 1, 0), 0);
	told_is(2, 4);
	assert_ptr_equal(s->current, fbs[2]);
	/* what was shown before is released */
	assert_int_equal(dbuf.users, users - 2);
	/* flips meanwhile are answered */
	assert_int_equal(xd_screen_flip(s, fbs[3]), 0);
	run_for(40);
	told_is(3, 4);
	out.show_err = 0;
	run_for(300);
	assert_ptr_equal(s->visible, fbs[3]);
	assert_non_null(out.shown);
	assert_int_equal(out.x, 1);
	told_is(3, 4);
	assert_int_equal(xd_screen_flip(s, fbs[4]), 0);
	land();
	told_is(4, 5);
}

/* A flip that fails at the output is answered all the same */
static void screen_flip_failing_at_output_answered(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	out.flip_err = -EACCES;
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	told_is(0, 0);
	run_for(100);
	told_is(1, 2);
	assert_int_equal(s->stats.failed, 1);
	out.flip_err = 0;
	/* the output is told again */
	run_until_flip();
	land();
	told_is(1, 2);
	assert_int_equal(s->stats.failed, 1);
	xd_screen_flip(s, fbs[2]);
	land();
	told_is(2, 3);
}

/* A flip's own time is not measured, but an import may take long */
static void screen_import_costs_time(void **state)
{
	uint64_t time;

	guest.policy.max_time = 50;
	xd_screen_show(s, fbs[0], 0, 0);
	out.import_takes = 20 * XDC_NS_PER_MS;
	time = xdc_now();
	xd_screen_flip(s, fbs[1]);
	assert_true(guest.budget.time - time >= 40 * XDC_NS_PER_MS);
	assert_int_equal(guest.budget.begun, 0);
	land();
	time = guest.budget.time;
	xd_screen_flip(s, fbs[1]);
	assert_int_equal(guest.budget.time, time);
	land();
}

static void screen_refreshed_while_guest_does_not_flip(void **state)
{
	s->policy.refresh = 50;
	xd_screen_show(s, fbs[0], 0, 0);
	run_for(100);
	/* the output scans out the guest's memory: no refresh needed */
	assert_int_equal(out.flips, 0);
	assert_true(LIST_EMPTY(&loop.timers));
	out.output.needs_flips = true;
	xd_screen_show(s, fbs[0], 0, 0);
	run_for(100);
	assert_int_equal(out.flips, 1);
	run_for(100);
	assert_int_equal(out.flips, 1);
	land();
	run_for(100);
	assert_int_equal(out.flips, 2);
	/* a guest's flip during a refresh: only that flip is answered */
	xd_screen_flip(s, fbs[1]);
	land();
	told_is(0, 0);
	land();
	told_is(1, 2);
	/* no refresh for a second after a guest's flip */
	run_for(500);
	assert_int_equal(out.flips, 3);
	/* nor a wake-up to see that */
	assert_true(s->refresh.at > xdc_now() + 400 * XDC_NS_PER_MS);
	run_for(700);
	assert_int_equal(out.flips, 4);
	land();
	out.output.needs_flips = false;
}

/* Without a card the screen is headless, and the guest does not notice */
static void screen_without_card_headless(void **state)
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
		test(screen_flip_done_after_output),
		test(screen_takes_one_flip_ahead),
		test(screen_off_answers_flips_in_flight),
		test(screen_without_any_output_fails_once),
		test(screen_copies_what_output_cannot_import),
		test(only_reads_of_cards_memory_are_announced),
		test(cards_memory_is_no_compositors),
		test(screen_shows_part_of_larger_picture),
		test(screen_retries_import_after_enomem),
		test(screen_tells_each_reason_for_copying_once),
		test(screen_large_copy_in_turns),
		test(screen_large_copy_before_show),
		test(copies_are_shared_by_guests),
		test(stalled_card_gets_copies),
		test(screen_copies_what_output_cannot_show),
		test(screen_show_failing_at_output_accepted),
		test(screen_show_refused_by_output_retried),
		test(screen_flip_failing_at_output_answered),
		test(screen_import_costs_time),
		test(screen_refreshed_while_guest_does_not_flip),
		test(screen_without_card_headless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
