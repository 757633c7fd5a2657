// SPDX-License-Identifier: GPL-2.0-only
/* What a program hears of the globals of a host's half that is newer than the agent. */
#include "unit.h"

#include "filter/protocols.h"
#include "guest.h"

#define REGISTRY 2

static int setup(void **state)
{
	guest_begin();
	MUST_SEND(XWL_DISPLAY, "get_registry", REGISTRY);
	/* the agent's own globals come by themselves */
	events(REGISTRY, 0);
	return 0;
}

static int teardown(void **state)
{
	guest_end();
	return 0;
}

static void unknown_global_is_not_offered(void **state)
{
	host_offers(REGISTRY, 7, "wp_of_the_future_v1", 1);
	assert_int_equal(offered(REGISTRY, ""), 0);
	/* the connection lives on */
	host_offers(REGISTRY, 8, "wl_shm", 1);
	assert_int_equal(offered(REGISTRY, "wl_shm"), 1);
}

static void version_is_one_that_both_halves_know(void **state)
{
	const struct xwl_global *g = xwl_global_find("wl_compositor");

	host_offers(REGISTRY, 1, "wl_compositor", 99);
	assert_int_equal(offered(REGISTRY, "wl_compositor"),
			 xwl_global_version(g, 99));
	assert_true(xwl_global_version(g, 99) < 99 &&
		    xwl_global_version(g, 99) >= 4);
	host_offers(REGISTRY, 1, "wl_compositor", 2);
	assert_int_equal(offered(REGISTRY, "wl_compositor"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(unknown_global_is_not_offered),
		TEST(version_is_one_that_both_halves_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
