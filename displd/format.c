// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "format.h"

static const struct xd_format formats[] = {
	{ XD_FOURCC('X', 'R', '2', '4'), XD_FOURCC('X', 'R', '2', '4'), 4,
	  "XR24" },
	{ XD_FOURCC('A', 'R', '2', '4'), XD_FOURCC('X', 'R', '2', '4'), 4,
	  "AR24" },
	{ XD_FOURCC('R', 'G', '2', '4'), XD_FOURCC('R', 'G', '2', '4'), 3,
	  "RG24" },
	{ XD_FOURCC('R', 'G', '1', '6'), XD_FOURCC('R', 'G', '1', '6'), 2,
	  "RG16" },
	{ XD_FOURCC('X', 'R', '1', '5'), XD_FOURCC('X', 'R', '1', '5'), 2,
	  "XR15" },
	{ XD_FOURCC('A', 'R', '1', '5'), XD_FOURCC('X', 'R', '1', '5'), 2,
	  "AR15" },
	{ XD_FOURCC('X', 'R', '1', '2'), XD_FOURCC('X', 'R', '1', '2'), 2,
	  "XR12" },
	{ XD_FOURCC('A', 'R', '1', '2'), XD_FOURCC('X', 'R', '1', '2'), 2,
	  "AR12" },
	{ XD_FOURCC('Y', 'U', 'Y', 'V'), XD_FOURCC('Y', 'U', 'Y', 'V'), 2,
	  "YUYV" },
};

const struct xd_format *xd_format_find(uint32_t fourcc)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].fourcc == fourcc)
			return &formats[i];
	return NULL;
}
