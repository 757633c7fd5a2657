// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "args.h"

static void test_size(void **state)
{
	uint32_t w = 0, h = 0;

	(void)state;
	assert_int_equal(xt_arg_size("800x600", &w, &h), 0);
	assert_int_equal(w, 800);
	assert_int_equal(h, 600);
	assert_int_equal(xt_arg_size("16384x1", &w, &h), 0);
	assert_int_equal(xt_arg_size("16385x1", &w, &h), -ERANGE);
	assert_int_equal(xt_arg_size("0x1", &w, &h), -ERANGE);
	assert_int_equal(xt_arg_size("1x", &w, &h), -EINVAL);
	assert_int_equal(xt_arg_size("x1", &w, &h), -EINVAL);
	assert_int_equal(xt_arg_size("1x1x1", &w, &h), -EINVAL);
	assert_int_equal(xt_arg_size("11111111111111111111x1", &w, &h),
			 -EINVAL);
	assert_int_equal(xt_arg_size("", &w, &h), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
