// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "common/number.h"

int xdc_parse_digits(const char *text, uint32_t max, uint32_t *out,
		     const char **end)
{
	uint64_t v = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > max)
			return -EINVAL;
	}
	if (p == text)
		return -EINVAL;
	*out = (uint32_t)v;
	*end = p;
	return 0;
}

int xdc_parse_number(const char *text, uint32_t max, uint32_t *out)
{
	const char *end;
	uint32_t v;
	int err = xdc_parse_digits(text, max, &v, &end);

	if (!err && *end)
		err = -EINVAL;
	if (!err)
		*out = v;
	return err;
}
