// SPDX-License-Identifier: GPL-2.0-only
/* windows-colour FILE.png RRGGBB: how many pixels of a picture have this colour */
#include <stdio.h>
#include <stdlib.h>

#include "picture/image.h"

int main(int argc, char **argv)
{
	size_t i, count = 0;
	struct xt_image img;
	uint32_t colour;

	if (argc != 3)
		return 2;
	colour = (uint32_t)strtoul(argv[2], NULL, 16);
	if (xt_image_load(argv[1], 0, 0, &img)) {
		printf("%s: %s\n", argv[1], img.why);
		return 1;
	}
	for (i = 0; i < (size_t)img.width * img.height; i++)
		count += (img.pixels[i] & 0xffffff) == colour;
	printf("%zu\n", count);
	xt_image_free(&img);
	return 0;
}
