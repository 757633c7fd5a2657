// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>

#include "common/number.h"

/*
 * All digits at the start of @text; @end points behind them, also if the number is
 * above @max (-ERANGE)
 */
static int scan_digits(const char *text, uint64_t max, uint64_t *out,
		       const char **end)
{
	bool above = false;
	uint64_t v = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		above = above || digit > max || v > (max - digit) / 10;
		v = above ? 0 : v * 10 + digit;
	}
	*end = p;
	if (p == text)
		return -EINVAL;
	if (above)
		return -ERANGE;
	*out = v;
	return 0;
}

int xdc_parse_u64(const char *text, uint64_t max, uint64_t *out)
{
	const char *end;
	uint64_t v;
	int err = scan_digits(text, max, &v, &end);

	/* "7000000a" is no number, whatever the limit */
	if (*end)
		err = -EINVAL;
	if (!err)
		*out = v;
	return err;
}

int xdc_parse_digits(const char *text, uint32_t max, uint32_t *out,
		     const char **end)
{
	const char *behind;
	uint64_t v;

	if (scan_digits(text, max, &v, &behind))
		return -EINVAL;
	*out = (uint32_t)v;
	*end = behind;
	return 0;
}

int xdc_parse_number(const char *text, uint32_t max, uint32_t *out)
{
	uint64_t v;

	if (xdc_parse_u64(text, max, &v))
		return -EINVAL;
	*out = (uint32_t)v;
	return 0;
}
