// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "common/number.h"
#include "place.h"

/* the largest number of a device that xd_parse_backend() takes */
#define DEVID_MAX 0xffff

const char *xd_place_format(char *text, int place)
{
	uint32_t devid = XD_PLACE_DEVID(place), index = XD_PLACE_INDEX(place);

	if (devid)
		snprintf(text, XD_PLACE_TEXT, "%u.%u", devid, index);
	else
		snprintf(text, XD_PLACE_TEXT, "%u", index);
	return text;
}

int xd_place_parse(const char *text, int *place)
{
	uint32_t devid = 0, index;
	const char *end;
	int err = xdc_parse_digits(text, DEVID_MAX, &index, &end);

	if (!err && *end == '.') {
		devid = index;
		err = xdc_parse_digits(end + 1, XD_CONNECTORS_MAX - 1, &index,
				       &end);
	}
	if (err || *end || index >= XD_CONNECTORS_MAX)
		return -EINVAL;
	*place = XD_PLACE(devid, index);
	return 0;
}
