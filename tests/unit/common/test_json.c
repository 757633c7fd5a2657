// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/json.h"

static void test_all(void **state)
{
	struct xdc_json j;
	char *text;
	size_t len;
	FILE *f;

	(void)state;
	f = open_memstream(&text, &len);
	xdc_json_begin(&j, f);
	xdc_json_open(&j, NULL, '{');
	xdc_json_text(&j, "a", "q\"b\\n\nu\xe9");
	xdc_json_open(&j, "list", '[');
	xdc_json_close(&j, ']');
	xdc_json_open(&j, "more", '[');
	xdc_json_number(&j, NULL, 1);
	xdc_json_bool(&j, NULL, true);
	xdc_json_close(&j, ']');
	xdc_json_bool(&j, "last", false);
	xdc_json_close(&j, '}');
	fclose(f);
	assert_string_equal(text, "{\n"
				  "  \"a\": \"q\\\"b\\\\n\\u000au\\u00e9\",\n"
				  "  \"list\": [],\n"
				  "  \"more\": [\n"
				  "    1,\n"
				  "    true\n"
				  "  ],\n"
				  "  \"last\": false\n"
				  "}\n");
	free(text);
}

static void quoted(const char *value, const char *wanted)
{
	struct xdc_json j;
	char *text;
	size_t len;
	FILE *f;

	f = open_memstream(&text, &len);
	xdc_json_begin(&j, f);
	xdc_json_text(&j, NULL, value);
	fclose(f);
	assert_string_equal(text, wanted);
	free(text);
}

/* characters go through, bytes that are none are told one by one */
static void test_utf8(void **state)
{
	(void)state;
	quoted("", "\"\"");
	quoted("\x7f\x01", "\"\\u007f\\u0001\"");
	quoted("B\xc3\xa4r", "\"B\xc3\xa4r\"");
	quoted("\xe2\x82\xac", "\"\xe2\x82\xac\"");
	quoted("\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"");
	quoted("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");
	/* cut short, by the end and by another character */
	quoted("\xe2\x82", "\"\\u00e2\\u0082\"");
	quoted("\xe2\x82\"", "\"\\u00e2\\u0082\\\"\"");
	/* longer than need be, a surrogate, too large, not to be at all */
	quoted("\xc0\xaf", "\"\\u00c0\\u00af\"");
	quoted("\xe0\x80\xaf", "\"\\u00e0\\u0080\\u00af\"");
	quoted("\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"");
	quoted("\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\"");
	quoted("\xff\x80", "\"\\u00ff\\u0080\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
