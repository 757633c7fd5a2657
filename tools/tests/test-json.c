// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "json.h"

static void test_all(void **state)
{
	struct json j;
	char *text;
	size_t len;
	FILE *f;

	(void)state;
	f = open_memstream(&text, &len);
	json_begin(&j, f);
	json_open(&j, NULL, '{');
	json_text(&j, "a", "q\"b\\n\nu\xe9");
	json_open(&j, "list", '[');
	json_close(&j, ']');
	json_open(&j, "more", '[');
	json_number(&j, NULL, 1);
	json_bool(&j, NULL, true);
	json_close(&j, ']');
	json_bool(&j, "last", false);
	json_close(&j, '}');
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
