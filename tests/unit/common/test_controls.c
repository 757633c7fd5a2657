// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/controls.h"

static void expect_hidden(const char *text, const char *keep,
			  const char *expected)
{
	char buf[64];

	snprintf(buf, sizeof(buf), "%s", text);
	xdc_controls_hide(buf, strlen(buf), keep);
	assert_string_equal(buf, expected);
}

static void control_characters_become_question_marks(void **state)
{
	expect_hidden("", "", "");
	expect_hidden("a\nb\tc\x1b[2J\x7f", "", "a?b?c?[2J?");
	expect_hidden("a\nb\tc\x1b", "\n\t", "a\nb\tc?");
	/* CSI and OSC as one character; the last one of the kind */
	expect_hidden("\xc2\x9b"
		      "2J\xc2\x9d\xc2\x9f",
		      "", "??2J????");
}

static void other_characters_stay(void **state)
{
	expect_hidden("B\xc3\xbcro \xc2\xa0\xe2\x9b\x84 ~", "",
		      "B\xc3\xbcro \xc2\xa0\xe2\x9b\x84 ~");
}

static void zero_byte_is_hidden(void **state)
{
	char text[] = { 'a', 0, 'b' };

	xdc_controls_hide(text, sizeof(text), "\n");
	assert_memory_equal(text, "a?b", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_characters_become_question_marks),
		cmocka_unit_test(other_characters_stay),
		cmocka_unit_test(zero_byte_is_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
