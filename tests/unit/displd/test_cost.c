// SPDX-License-Identifier: GPL-2.0-only
/* What a flip costs: the calls that a guest's flips make, from its ring to the
 * output and back, without Xen and with a fake card.
 */
#include "fake_guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_drm.h"
#include "vdispl/pace.h"

#define MS XDC_NS_PER_MS
#define RATE 50

static char folder[] = "/tmp/displd-cost-XXXXXX";

static int set_up(void **state)
{
	fake_drm_reset();
	policy.output = XD_OUTPUT_HEADLESS;
	policy.rate = RATE;
	policy.refresh = 20;
	policy.zero_copy = true;
	policy.max_pages = 65536;
	policy.max_flips = 1000;
	policy.max_modesets = 5;
	policy.max_time = 50;
	return 0;
}

static int tear_down(void **state)
{
	disconnect_guest();
	return 0;
}

/* The guest begins to flip; its first flips find out how fast it is */
static void start_flipping(void)
{
	unsigned int i;

	front.flips = 0;
	front.flipping = true;
	front_flip();
	for (i = 0; i < 1000 && front.flips < 5; i++)
		run_for(5);
	assert_true(front.flips >= 5);
}

static unsigned int count_flips(uint64_t ms)
{
	memset(&calls, 0, sizeof(calls));
	front.flips = 0;
	run_for(ms);
	/* of run_for() itself */
	calls.clock--;
	print_message("%u flips in %u ms: %u epoll_wait, %u epoll_ctl, "
		      "%u clock_gettime, %u allocations, %u events read, "
		      "%u unmasked, %u sent\n",
		      front.flips, (unsigned int)ms, calls.waits, calls.watched,
		      calls.clock, calls.allocated, calls.pending,
		      calls.unmasked, calls.notified);
	return front.flips;
}

/* Whatever the guest does and whatever shows it */
static void expect_nothing_dear(unsigned int flips)
{
	assert_int_equal(calls.watched, 0);
	assert_int_equal(calls.allocated, 0);
	/* a response and the event that the flip is done */
	assert_in_range(calls.notified, 2 * flips - 2, 2 * flips + 2);
}

static void expect_no_events_read(void)
{
	assert_int_equal(calls.pending, 0);
	assert_int_equal(calls.unmasked, 0);
	assert_int_equal(calls.clock, 0);
}

/* In a second; again if this machine was too busy for most of them */
static unsigned int flip_at(unsigned int rate)
{
	unsigned int i, n = 0;

	start_flipping();
	for (i = 0; i < 10 && n < 2 * rate / 3; i++) {
		n = count_flips(1000);
		assert_true(n <= rate + 1);
	}
	assert_true(n >= 2 * rate / 3);
	return n;
}

static void use_card(bool vblank)
{
	policy.output = XD_OUTPUT_KMS;
	drm.no_vblank = !vblank;
}

/* One wake-up a flip: for its time, at which the request is in the ring */
static void headless_flips(void **state)
{
	unsigned int n;

	assert_int_equal(connect_guest(), 0);
	n = flip_at(RATE);
	expect_nothing_dear(n);
	expect_no_events_read();
	assert_in_range(calls.waits, n, n + 6);
}

/* One wake-up a flip: for the event of its request; the other is the guest's own */
static void headless_flips_of_a_slow_guest(void **state)
{
	unsigned int n;

	assert_int_equal(connect_guest(), 0);
	front.thinks = 30 * MS;
	start_flipping();
	n = count_flips(1000);
	assert_true(n <= 33);
	expect_nothing_dear(n);
	assert_in_range(calls.pending, n - 1, n + 1);
	assert_in_range(calls.unmasked, n - 1, n + 1);
	assert_in_range(calls.waits, 2 * n - 2, 2 * n + 4);
	/* of xdc_timer_in(), for the guest */
	assert_in_range(calls.clock, n - 1, n + 1);
}

static void headless_copies(void **state)
{
	unsigned int n;

	policy.zero_copy = false;
	assert_int_equal(connect_guest(), 0);
	n = flip_at(RATE);
	expect_nothing_dear(n);
	expect_no_events_read();
	/* a turn more, which does not sleep: for the end of the flip */
	assert_in_range(calls.waits, 2 * n - 2, 2 * n + 6);
}

/* Two wake-ups a flip: for its time, and when the card is done */
static void flips_on_a_card_without_vblank(void **state)
{
	unsigned int n;

	use_card(false);
	assert_int_equal(connect_guest(), 0);
	n = flip_at(60);
	expect_nothing_dear(n);
	expect_no_events_read();
	assert_in_range(calls.waits, 2 * n - 2, 2 * n + 6);
}

/* Paced by the card: its event, and that of the next request */
static void flips_on_a_card_with_vblank(void **state)
{
	unsigned int n;

	use_card(true);
	policy.max_flips = 0;
	assert_int_equal(connect_guest(), 0);
	start_flipping();
	n = count_flips(100);
	expect_nothing_dear(n);
	assert_int_equal(calls.clock, 0);
	assert_in_range(calls.pending, n - 2, n + 2);
	assert_in_range(calls.unmasked, n - 2, n + 2);
}

/* Events alone count against max-time */
static void events_without_requests_wait_for_the_budget(void **state)
{
	unsigned int flips;

	policy.max_time = 10;
	assert_int_equal(connect_guest(), 0);
	front.storms = true;
	assert_int_equal(write(front.channel[1], "!", 1), 1);
	memset(&calls, 0, sizeof(calls));
	run_for(100);
	print_message("%u events in 100 ms\n", calls.pending);
	assert_in_range(calls.pending, 10, 1000);
	/* it may flip nevertheless */
	front.flips = 0;
	front_flip();
	for (flips = 0; flips < 100 && !front.flips; flips++)
		run_for(5);
	assert_int_equal(front.flips, 1);
}

static void guest_that_stops_costs_nothing(void **state)
{
	static const enum xd_output_kind kinds[] = { XD_OUTPUT_HEADLESS,
						     XD_OUTPUT_KMS };
	size_t i;

	for (i = 0; i < 2; i++) {
		if (i)
			disconnect_guest();
		policy.output = kinds[i];
		drm.no_vblank = true;
		/* such a card is shown what was drawn without flips, if that is on */
		policy.refresh = i ? 0 : 20;
		assert_int_equal(connect_guest(), 0);
		start_flipping();
		front.flipping = false;
		run_for(100);
		assert_true(LIST_EMPTY(&d.loop.timers));
		memset(&calls, 0, sizeof(calls));
		run_for(300);
		assert_int_equal(calls.waits, 1);
		assert_int_equal(calls.notified, 0);
	}
}

/* Whenever flips begin, there is at most one between two multiples of the period */
static void pace_holds_on_average(void **state)
{
	static const uint64_t late[] = { 0, 1, 700, 999, 250, 751, 3, 5000 };
	uint64_t now = 123456, next, cell, last = 0;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		cell = now / 1000;
		assert_true(cell > last);
		last = cell;
		next = xd_pace_next(now, 1000);
		assert_int_equal(next % 1000, 0);
		assert_in_range(next - now, 250, 1250);
		now = next + late[i % 8];
	}
	/* late by less than three quarters of the period: the next is in time */
	assert_int_equal(xd_pace_next(8000, 1000), 9000);
	assert_int_equal(xd_pace_next(8749, 1000), 9000);
	assert_int_equal(xd_pace_next(8750, 1000), 10000);
	assert_int_equal(xd_pace_next(8750, 0), 0);
}

/* Guests that are as fast as their screens are served together, at the same times */
static void flips_begin_at_common_times(void **state)
{
	unsigned int i;

	assert_int_equal(connect_guest(), 0);
	start_flipping();
	for (i = 0; i < 5; i++) {
		assert_int_equal(
			f->connectors[0].rest.at % (XDC_NS_PER_S / RATE), 0);
		run_for(33);
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(headless_flips),
		test(headless_flips_of_a_slow_guest),
		test(headless_copies),
		test(flips_on_a_card_without_vblank),
		test(flips_on_a_card_with_vblank),
		test(events_without_requests_wait_for_the_budget),
		test(guest_that_stops_costs_nothing),
		test(flips_begin_at_common_times),
		cmocka_unit_test(pace_holds_on_average),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	fake_drm_folder = folder;
	snprintf(policy.card, sizeof(policy.card), "%s/card0", folder);
	snprintf(policy.connector, sizeof(policy.connector), "VGA-1");
	if (mkfifo(policy.card, 0600))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(policy.card);
	rmdir(folder);
	return failed;
}
