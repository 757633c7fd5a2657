// SPDX-License-Identifier: GPL-2.0-only
/* Places of connectors, as text */
#include "unit.h"

#include "place.h"

static void place_formatted(void **state)
{
	char text[XD_PLACE_TEXT];

	assert_string_equal(xd_place_format(text, XD_PLACE(0, 0)), "0");
	assert_string_equal(xd_place_format(text, XD_PLACE(0, 3)), "3");
	assert_string_equal(xd_place_format(text, XD_PLACE(1, 0)), "1.0");
	assert_string_equal(xd_place_format(text, XD_PLACE(65535, 3)),
			    "65535.3");
}

static void place_parsed(void **state)
{
	static const char *const bad[] = { "",	  "4",	  "1.4",  "1.",
					   ".1",  "1.0x", "-1",	  "65536.0",
					   "1 0", "left", "1.0.0" };
	int place;
	size_t i;

	assert_int_equal(xd_place_parse("3", &place), 0);
	assert_int_equal(place, XD_PLACE(0, 3));
	assert_int_equal(xd_place_parse("0.2", &place), 0);
	assert_int_equal(place, XD_PLACE(0, 2));
	assert_int_equal(xd_place_parse("65535.3", &place), 0);
	assert_int_equal(XD_PLACE_DEVID(place), 65535);
	assert_int_equal(XD_PLACE_INDEX(place), 3);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(xd_place_parse(bad[i], &place), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(place_formatted),
		cmocka_unit_test(place_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
