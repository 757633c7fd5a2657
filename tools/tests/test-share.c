// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "share/share.h"

static void test_name(void **state)
{
	(void)state;
	assert_true(xt_share_name_check("wall"));
	assert_true(xt_share_name_check("a"));
	assert_true(xt_share_name_check("_A-1_b"));
	assert_true(xt_share_name_check("12345678901234567890123456789012"));
	assert_false(xt_share_name_check("123456789012345678901234567890123"));
	assert_false(xt_share_name_check(""));
	/* xenstored refuses these in paths */
	assert_false(xt_share_name_check("a.b"));
	assert_false(xt_share_name_check("."));
	assert_false(xt_share_name_check(".."));
	assert_false(xt_share_name_check("a+b"));
	assert_false(xt_share_name_check("-a"));
	assert_false(xt_share_name_check("a/b"));
	assert_false(xt_share_name_check("a b"));
	assert_false(xt_share_name_check("a:b"));
	assert_false(xt_share_name_check("\xc3\xa4"));
}

static void test_fourcc(void **state)
{
	uint32_t fourcc = 0;
	char text[5];

	(void)state;
	assert_string_equal(xt_fourcc_text(XT_SHARE_XRGB8888, text), "XR24");
	assert_string_equal(xt_fourcc_text(0x00200a41, text), "A???");
	assert_int_equal(xt_fourcc_parse("XR24", &fourcc), 0);
	assert_int_equal(fourcc, XT_SHARE_XRGB8888);
	assert_int_equal(xt_fourcc_parse("R8  ", &fourcc), 0);
	assert_int_equal(xt_fourcc_parse("XR2", &fourcc), -EINVAL);
	assert_int_equal(xt_fourcc_parse("XR244", &fourcc), -EINVAL);
	assert_int_equal(xt_fourcc_parse("XR2\n", &fourcc), -EINVAL);
	assert_int_equal(xt_fourcc_parse("", &fourcc), -EINVAL);
}

static void test_picture(void **state)
{
	const struct xt_picture good = {
		.pages = 469,
		.width = 800,
		.height = 600,
		.stride = 3200,
		.format = XT_SHARE_XRGB8888,
	};
	struct xt_picture pic;

	(void)state;
	assert_int_equal(xt_picture_check(&good), 0);
	pic = good;
	pic.pages = 468;
	assert_int_equal(xt_picture_check(&pic), -EPROTO);
	pic = good;
	pic.pages = 65536;
	assert_int_equal(xt_picture_check(&pic), -EPROTO);
	pic = good;
	pic.stride = 3201;
	assert_int_equal(xt_picture_check(&pic), -EPROTO);
	pic = good;
	pic.width = 0x40000001; /* times 4 wraps to 4 in 32 bits */
	assert_int_equal(xt_picture_check(&pic), -EPROTO);
	pic = good;
	pic.height = 0;
	assert_int_equal(xt_picture_check(&pic), -EPROTO);
	pic = (struct xt_picture){ .pages = 1 };
	assert_int_equal(xt_picture_check(&pic), 0);
	pic.stride = 4;
	assert_int_equal(xt_picture_check(&pic), -EPROTO);
}

/* The message names every allowed character and the longest name */
static void test_name_explain(void **state)
{
	const char *text = xt_share_explain(-EINVAL);

	(void)state;
	assert_non_null(strstr(text, "1 to 32 letters, digits, '_' or '-'"));
	assert_null(strchr(text, '.'));
}

static void test_find_bad_name(void **state)
{
	struct xt_share share;

	(void)state;
	/* refused before xenstore is asked: "../.." must not leave the folder */
	assert_int_equal(xt_share_find(NULL, 1, "../x", &share), -EINVAL);
	assert_int_equal(xt_share_find(NULL, 1, "a.b", &share), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_name_explain),
		cmocka_unit_test(test_fourcc),
		cmocka_unit_test(test_picture),
		cmocka_unit_test(test_find_bad_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
