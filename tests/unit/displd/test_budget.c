// SPDX-License-Identifier: GPL-2.0-only
/* What a guest may cost, and what waits because of it */
#include "unit.h"

#include "budget.h"

#define MS XDC_NS_PER_MS
#define START (1000 * XDC_NS_PER_S)

static struct xd_budget b;
static struct xd_policy policy;
static struct xdc_loop loop;

static int set_up(void **state)
{
	memset(&b, 0, sizeof(b));
	policy.max_flips = 100;
	policy.max_modesets = 5;
	policy.max_time = 50;
	xd_budget_init(&b, &loop);
	return xdc_loop_init(&loop);
}

static int tear_down(void **state)
{
	xd_budget_fini(&b);
	xdc_loop_fini(&loop);
	return 0;
}

static uint64_t delay(enum xd_cost what, uint64_t now)
{
	return xd_budget_delay(&b, &policy, what, now);
}

/* How many are served at once */
static unsigned int burst(enum xd_cost what, uint64_t now)
{
	unsigned int n;

	for (n = 0; n < 1000 && !delay(what, now); n++)
		xd_budget_charge(&b, &policy, what, now);
	return n;
}

static void flips_are_limited(void **state)
{
	unsigned int n = burst(XD_COST_FLIP, START);

	/* a quarter of a second's at once */
	assert_in_range(n, 25, 26);
	assert_in_range(delay(XD_COST_FLIP, START), 1, 10 * MS);
	assert_int_equal(delay(XD_COST_FLIP, START + 10 * MS), 0);
	/* and in the long run as many as configured */
	assert_int_equal(burst(XD_COST_FLIP, START + 100 * MS), 10);
	/* what was not used for long is not saved up */
	assert_in_range(burst(XD_COST_FLIP, START + 60 * XDC_NS_PER_S), 25, 26);
	/* other requests do not wait for it */
	assert_int_equal(delay(XD_COST_MODESET, START + 60 * XDC_NS_PER_S), 0);
	assert_int_equal(delay(XD_COST_TIME, START + 60 * XDC_NS_PER_S), 0);
}

static void modesets_are_limited(void **state)
{
	assert_in_range(burst(XD_COST_MODESET, START), 10, 11);
	assert_in_range(delay(XD_COST_MODESET, START), 1, 200 * MS);
	assert_int_equal(delay(XD_COST_MODESET, START + 200 * MS), 0);
	assert_int_equal(delay(XD_COST_FLIP, START), 0);
}

/* A request that took long keeps its guest waiting, and the others are served */
static void time_is_shared(void **state)
{
	uint64_t now = START + 50 * MS;

	xd_budget_spend(&b, &policy, START, now);
	assert_int_equal(delay(XD_COST_TIME, now), 40 * MS);
	assert_int_equal(delay(XD_COST_FLIP, now), 40 * MS);
	assert_int_equal(delay(XD_COST_MODESET, now + 40 * MS), 0);
	/* not too long: the guest's driver gives up a request in the end */
	now = START + 30 * XDC_NS_PER_S;
	xd_budget_spend(&b, &policy, now - 5 * XDC_NS_PER_S, now);
	assert_int_equal(delay(XD_COST_TIME, now), 100 * MS);
	/* short ones do not */
	now = START + 60 * XDC_NS_PER_S;
	xd_budget_spend(&b, &policy, now, now + 4 * MS);
	assert_int_equal(delay(XD_COST_FLIP, now + 4 * MS), 0);
}

/* What is part of something measured is not measured twice */
static void time_is_measured_once(void **state)
{
	uint64_t end;

	assert_true(xd_budget_start(&b));
	assert_false(xd_budget_start(&b));
	/* from here, as a pause before the start is not measured */
	end = xdc_now() + 20 * MS;
	while (xdc_now() < end)
		;
	xd_budget_stop(&b, &policy);
	/* a busy machine may have taken longer */
	assert_true(delay(XD_COST_TIME, end) >= 10 * MS);
	assert_true(delay(XD_COST_TIME, xdc_now()) <= 100 * MS);
	assert_true(xd_budget_start(&b));
	xd_budget_stop(&b, &policy);
}

static void zero_is_no_limit(void **state)
{
	memset(&policy, 0, sizeof(policy));
	assert_int_equal(burst(XD_COST_FLIP, START), 1000);
	assert_int_equal(burst(XD_COST_MODESET, START), 1000);
	xd_budget_spend(&b, &policy, START, START + XDC_NS_PER_S);
	assert_int_equal(delay(XD_COST_TIME, START), 0);
}

static unsigned int ran;
static uint64_t ran_at[2];

static void note_first(struct xdc_work *w)
{
	ran_at[0] = xdc_now();
	if (++ran == 2)
		xdc_loop_stop(&loop);
}

static void note_second(struct xdc_work *w)
{
	ran_at[1] = xdc_now();
	if (++ran == 2)
		xdc_loop_stop(&loop);
}

/* The one that waits longest does not delay the other */
static void waits_end(void **state)
{
	struct xdc_work first = { .run = note_first };
	struct xdc_work second = { .run = note_second };
	struct xdc_work gone = { .run = note_second };
	struct xd_wait one = { .work = &first }, two = { .work = &second };
	struct xd_wait three = { .work = &gone };
	uint64_t begin = xdc_now();

	ran = 0;
	xd_budget_hold(&b, &one, begin + 20 * MS);
	xd_budget_hold(&b, &two, begin + 60 * XDC_NS_PER_S);
	xd_budget_hold(&b, &three, begin + 10 * MS);
	xd_budget_hold(&b, &one, begin + 20 * MS);
	xd_budget_forget(&three);
	xd_budget_forget(&three);
	assert_int_equal(xdc_loop_run(&loop), 0);
	/* woken early, it looks again and waits on */
	assert_true(ran_at[0] - begin < 10 * XDC_NS_PER_S);
	assert_true(ran_at[1] - begin < 10 * XDC_NS_PER_S);
	assert_false(one.listed || two.listed || three.listed);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(flips_are_limited), test(modesets_are_limited),
		test(time_is_shared),	 test(time_is_measured_once),
		test(zero_is_no_limit),	 test(waits_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
