// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/number.h"

static void number_of_64_bits(void **state)
{
	uint64_t v = 77;

	(void)state;
	assert_int_equal(xdc_parse_u64("0", 0, &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(xdc_parse_u64("10", 10, &v), 0);
	assert_int_equal(v, 10);
	assert_int_equal(xdc_parse_u64("007", 7, &v), 0);
	assert_int_equal(v, 7);
	assert_int_equal(xdc_parse_u64("18446744073709551615", UINT64_MAX, &v),
			 0);
	assert_true(v == UINT64_MAX);
}

static void number_above_limit_fails_erange(void **state)
{
	uint64_t v = 77;

	(void)state;
	assert_int_equal(xdc_parse_u64("11", 10, &v), -ERANGE);
	assert_int_equal(xdc_parse_u64("9", 5, &v), -ERANGE);
	assert_int_equal(xdc_parse_u64("100", 10, &v), -ERANGE);
	assert_int_equal(xdc_parse_u64("18446744073709551616", UINT64_MAX, &v),
			 -ERANGE);
	assert_int_equal(xdc_parse_u64("99999999999999999999999999", 9, &v),
			 -ERANGE);
	assert_int_equal(v, 77);
}

static void other_text_fails_einval(void **state)
{
	static const char *const texts[] = {
		"",    "-1", "+1", " 1",  "1 ",
		"0x1", "a",  "5a", "1.0", "99999999999999999999a"
	};
	uint64_t v = 77;
	uint32_t n = 78;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(xdc_parse_u64(texts[i], 10, &v), -EINVAL);
		assert_int_equal(xdc_parse_number(texts[i], 10, &n), -EINVAL);
	}
	assert_int_equal(v, 77);
	assert_int_equal(n, 78);
}

static void number_of_32_bits(void **state)
{
	uint32_t n = 77;

	(void)state;
	assert_int_equal(xdc_parse_number("4294967295", UINT32_MAX, &n), 0);
	assert_int_equal(n, UINT32_MAX);
	assert_int_equal(xdc_parse_number("4294967296", UINT32_MAX, &n),
			 -EINVAL);
	assert_int_equal(xdc_parse_number("11", 10, &n), -EINVAL);
	assert_int_equal(n, UINT32_MAX);
}

static void digits_end_at_other_text(void **state)
{
	const char *text = "640x480", *end = NULL;
	uint32_t n = 0;

	(void)state;
	assert_int_equal(xdc_parse_digits(text, 1000, &n, &end), 0);
	assert_int_equal(n, 640);
	assert_ptr_equal(end, text + 3);
	end = NULL;
	assert_int_equal(xdc_parse_digits(text, 639, &n, &end), -EINVAL);
	assert_int_equal(xdc_parse_digits("x480", 1000, &n, &end), -EINVAL);
	assert_null(end);
	assert_int_equal(n, 640);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_of_64_bits),
		cmocka_unit_test(number_above_limit_fails_erange),
		cmocka_unit_test(other_text_fails_einval),
		cmocka_unit_test(number_of_32_bits),
		cmocka_unit_test(digits_end_at_other_text),
	};

	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
