// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/mappings.h"

static struct xdc_mappings m;

static int end(void **state)
{
	(void)state;
	xdc_mappings_fini(&m);
	return 0;
}

static void reference_beyond_limit_adds_nothing(void **state)
{
	static const uint32_t one[] = { 5, 6 }, more[] = { 9, 7, 6 };

	(void)state;
	assert_int_equal(xdc_mappings_add(&m, one, 2, 2), 0);
	assert_int_equal(xdc_mappings_add(&m, one, 2, 2), 0);
	assert_int_equal(xdc_mappings_add(&m, more, 3, 2), -EMLINK);
	assert_int_equal(m.times[9], 0);
	assert_int_equal(m.times[7], 0);
	assert_int_equal(m.times[6], 2);
	xdc_mappings_remove(&m, one, 2);
	assert_int_equal(xdc_mappings_add(&m, more, 3, 2), 0);
	assert_int_equal(m.times[6], 2);
}

static void reference_within_one_buffer_counts_each_time(void **state)
{
	static const uint32_t refs[] = { 8, 8, 8 };

	(void)state;
	assert_int_equal(xdc_mappings_add(&m, refs, 3, 2), -EMLINK);
	assert_int_equal(m.times[8], 0);
	assert_int_equal(xdc_mappings_add(&m, refs, 3, 3), 0);
	assert_true(xdc_mappings_repeat(&m, refs, 1));
}

static void reference_in_two_buffers_repeats(void **state)
{
	static const uint32_t one[] = { 100, 3 }, other[] = { 3, 4 };

	(void)state;
	assert_int_equal(xdc_mappings_add(&m, one, 2, 9), 0);
	assert_false(xdc_mappings_repeat(&m, one, 2));
	assert_int_equal(xdc_mappings_add(&m, other, 2, 9), 0);
	assert_true(xdc_mappings_repeat(&m, one, 2));
	assert_true(xdc_mappings_repeat(&m, other, 2));
	xdc_mappings_remove(&m, one, 2);
	assert_false(xdc_mappings_repeat(&m, other, 2));
}

/* It costs no memory, and is trusted with nothing */
static void reference_of_no_table_repeats(void **state)
{
	static const uint32_t refs[] = { 1, UINT32_MAX };

	(void)state;
	assert_int_equal(xdc_mappings_add(&m, refs, 2, 1), 0);
	assert_int_equal(m.nr, 2);
	assert_true(xdc_mappings_repeat(&m, refs, 2));
	xdc_mappings_remove(&m, refs, 2);
	assert_int_equal(m.times[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(reference_beyond_limit_adds_nothing,
					  end),
		cmocka_unit_test_teardown(
			reference_within_one_buffer_counts_each_time, end),
		cmocka_unit_test_teardown(reference_in_two_buffers_repeats,
					  end),
		cmocka_unit_test_teardown(reference_of_no_table_repeats, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
