// SPDX-License-Identifier: GPL-2.0-only
/* Sharing out things, such as CRTCs among connectors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/match.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int pick(const uint32_t *wants, unsigned int n, uint32_t first,
		uint32_t second)
{
	const uint32_t prefer[] = { first, second };

	return xdc_match_pick(wants, n, prefer, 2);
}

static void lowest_without_preference(void **state)
{
	const uint32_t any[] = { 0x6 };

	assert_int_equal(pick(any, 1, 0, 0), 1);
	assert_int_equal(xdc_match_pick(any, 1, NULL, 0), 1);
	assert_int_equal(xdc_match_pick(any, 0, NULL, 0), -1);
}

static void nothing_suits(void **state)
{
	const uint32_t none[] = { 0, 3 };

	assert_int_equal(pick(none, 2, ~0U, ~0U), -1);
}

static void preference_in_order(void **state)
{
	const uint32_t any[] = { 0xf };

	assert_int_equal(pick(any, 1, 0x8, 0x4), 3);
	assert_int_equal(pick(any, 1, 0x10, 0x4), 2);
}

static void only_thing_of_another_is_left(void **state)
{
	const uint32_t two[] = { 0x3, 0x1 };
	const uint32_t three[] = { 0x7, 0x3, 0x1 };

	assert_int_equal(pick(two, 2, 0x1, 0), 1);
	/* the second can move, but only to what the third does not need */
	assert_int_equal(pick(three, 3, 0x2, 0), 2);
}

static void earlier_user_matters_more(void **state)
{
	/* one of the two others cannot be served */
	const uint32_t wants[] = { 0x3, 0x1, 0x2 };
	const uint32_t swapped[] = { 0x3, 0x2, 0x1 };

	assert_int_equal(pick(wants, 3, 0x1, 0), 1);
	assert_int_equal(pick(swapped, 3, 0x2, 0), 0);
}

static void own_need_comes_first(void **state)
{
	const uint32_t wants[] = { 0x1, 0x1 };

	assert_int_equal(pick(wants, 2, 0, 0), 0);
}

static void as_many_as_fit(void **state)
{
	uint32_t wants[XDC_MATCH_MAX + 8];
	unsigned int i;

	for (i = 0; i < COUNT(wants); i++)
		wants[i] = ~0U;
	assert_int_equal(pick(wants, COUNT(wants), 1U << 31, 0), 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowest_without_preference),
		cmocka_unit_test(nothing_suits),
		cmocka_unit_test(preference_in_order),
		cmocka_unit_test(only_thing_of_another_is_left),
		cmocka_unit_test(earlier_user_matters_more),
		cmocka_unit_test(own_need_comes_first),
		cmocka_unit_test(as_many_as_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
