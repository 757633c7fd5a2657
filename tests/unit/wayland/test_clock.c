// SPDX-License-Identifier: GPL-2.0-only
/* Times of a compositor in another domain, which has another clock. */
#include "unit.h"

#include <time.h>

#include "agent/maker.h"
#include "guest.h"

enum { REGISTRY = 2, COMPOSITOR, PRESENTATION, SURFACE, FEEDBACK };

/* Of wp_presentation_feedback.kind */
enum { VSYNC = 1, HW_CLOCK = 2, HW_COMPLETION = 4, ZERO_COPY = 8 };
#define KIND (VSYNC | HW_CLOCK | HW_COMPLETION | ZERO_COPY)

/* The other domain has run for longer, and says so with both halves of the seconds */
#define AHEAD 100000

extern const struct wl_interface wp_presentation_interface,
	wp_presentation_feedback_interface;

static int setup(void **state)
{
	guest_begin();
	MUST_SEND(XWL_DISPLAY, "get_registry", REGISTRY);
	binds(REGISTRY, 1, "wl_compositor", 4, COMPOSITOR);
	binds(REGISTRY, 2, "wp_presentation", 1, PRESENTATION);
	MUST_SEND(COMPOSITOR, "create_surface", SURFACE);
	MUST_SEND(PRESENTATION, "feedback", SURFACE, FEEDBACK);
	/* the agent's own globals come by themselves */
	events(REGISTRY, 0);
	return 0;
}

static struct xwl_maker maker;

static int setup_across(void **state)
{
	setup(state);
	guest.proxy.across = &maker;
	return 0;
}

static int teardown(void **state)
{
	guest_end();
	return 0;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t time_of(const struct xwl_message *m)
{
	int64_t seconds = (int64_t)m->args[0].u << 32 | m->args[1].u;

	return seconds * 1000000000 + m->args[2].u;
}

static void presented_time_is_of_the_guests_clock(void **state)
{
	int64_t before = now_ns();
	struct xwl_message m;

	host_says(FEEDBACK, "presented",
		  NUMBERS(1, before / 1000000000 + AHEAD, 5, 16666666, 3, 4,
			  KIND));
	assert_true(hears(FEEDBACK, &wp_presentation_feedback_interface, &m));
	assert_string_equal(m.table->name, "presented");
	assert_true(time_of(&m) >= before);
	assert_true(time_of(&m) <= now_ns());
	/* what is not about the time stays */
	assert_int_equal(m.args[3].u, 16666666);
	assert_int_equal(m.args[4].u, 3);
	assert_int_equal(m.args[5].u, 4);
	assert_int_equal(m.args[6].u, VSYNC | ZERO_COPY);
}

static void clock_is_one_of_the_guest(void **state)
{
	struct xwl_message m;

	host_says(PRESENTATION, "clock_id", NUMBERS(CLOCK_MONOTONIC_RAW));
	assert_true(hears(PRESENTATION, &wp_presentation_interface, &m));
	assert_int_equal(m.args[0].u, CLOCK_MONOTONIC);
}

/* On one machine both ends have the same clocks */
static void times_of_this_machine_are_passed_on(void **state)
{
	struct xwl_message m;

	host_says(PRESENTATION, "clock_id", NUMBERS(CLOCK_MONOTONIC_RAW));
	assert_true(hears(PRESENTATION, &wp_presentation_interface, &m));
	assert_int_equal(m.args[0].u, CLOCK_MONOTONIC_RAW);
	host_says(FEEDBACK, "presented",
		  NUMBERS(0, 7, 5, 16666666, 3, 4, KIND));
	assert_true(hears(FEEDBACK, &wp_presentation_feedback_interface, &m));
	assert_int_equal(time_of(&m), 7000000005);
	assert_int_equal(m.args[6].u, KIND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(presented_time_is_of_the_guests_clock, setup_across),
		TEST(clock_is_one_of_the_guest, setup_across),
		TEST(times_of_this_machine_are_passed_on, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
