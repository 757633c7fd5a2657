// SPDX-License-Identifier: GPL-2.0-only
/* edid WIDTH HEIGHT NAME >FILE: the EDID that a guest gets, for edid-decode */
#include <stdio.h>
#include <stdlib.h>

#include "vdispl/proto.h"

int main(int argc, char **argv)
{
	uint8_t edid[XD_EDID_SIZE];
	struct xd_edid what = { .serial = 1 };
	uint32_t len;

	if (argc != 4)
		return 2;
	what.width = (uint32_t)strtoul(argv[1], NULL, 10);
	what.height = (uint32_t)strtoul(argv[2], NULL, 10);
	what.name = argv[3];
	len = xd_edid_make(edid, &what);
	return fwrite(edid, 1, len, stdout) != len;
}
