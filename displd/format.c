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
	{ XD_FOURCC('X', 'B', '2', '4'), XD_FOURCC('X', 'B', '2', '4'), 4,
	  "XB24" },
	{ XD_FOURCC('A', 'B', '2', '4'), XD_FOURCC('X', 'B', '2', '4'), 4,
	  "AB24" },
	{ XD_FOURCC('R', 'X', '2', '4'), XD_FOURCC('R', 'X', '2', '4'), 4,
	  "RX24" },
	{ XD_FOURCC('R', 'A', '2', '4'), XD_FOURCC('R', 'X', '2', '4'), 4,
	  "RA24" },
	{ XD_FOURCC('B', 'X', '2', '4'), XD_FOURCC('B', 'X', '2', '4'), 4,
	  "BX24" },
	{ XD_FOURCC('B', 'A', '2', '4'), XD_FOURCC('B', 'X', '2', '4'), 4,
	  "BA24" },
	{ XD_FOURCC('X', 'R', '3', '0'), XD_FOURCC('X', 'R', '3', '0'), 4,
	  "XR30" },
	{ XD_FOURCC('B', 'G', '2', '4'), XD_FOURCC('B', 'G', '2', '4'), 3,
	  "BG24" },
};

const struct xd_format *xd_format_find(uint32_t fourcc)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].fourcc == fourcc)
			return &formats[i];
	return NULL;
}
