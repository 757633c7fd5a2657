// SPDX-License-Identifier: GPL-2.0-only
/*
 * displd-differs ONE.png OTHER.png [X Y W H]: where do two pictures differ?
 *
 * Prints the smallest box that holds all differences, "X Y W H"; fails if there are
 * none, or if they are not all within the box that is given.
 */
#include <stdio.h>
#include <stdlib.h>

#include "picture/image.h"

static int load_picture(const char *path, struct xt_image *img)
{
	if (!xt_image_load(path, 0, 0, img))
		return 0;
	printf("%s: %s\n", path, img->why);
	return 1;
}

int main(int argc, char **argv)
{
	uint32_t x, y, left = UINT32_MAX, top = UINT32_MAX, right = 0, low = 0;
	struct xt_image a, b;

	if (argc != 3 && argc != 7)
		return 2;
	if (load_picture(argv[1], &a) || load_picture(argv[2], &b))
		return 1;
	if (a.width != b.width || a.height != b.height) {
		printf("%ux%u and %ux%u\n", a.width, a.height, b.width,
		       b.height);
		return 1;
	}
	for (y = 0; y < a.height; y++) {
		for (x = 0; x < a.width; x++) {
			size_t at = (size_t)y * a.width + x;

			if (!((a.pixels[at] ^ b.pixels[at]) & 0xffffff))
				continue;
			left = x < left ? x : left;
			right = x > right ? x : right;
			top = y < top ? y : top;
			low = y > low ? y : low;
		}
	}
	if (left > right) {
		printf("they are the same\n");
		return 1;
	}
	printf("%u %u %u %u\n", left, top, right - left + 1, low - top + 1);
	if (argc == 3)
		return 0;
	return left < (uint32_t)atoi(argv[3]) ||
	       top < (uint32_t)atoi(argv[4]) ||
	       right >= (uint32_t)(atoi(argv[3]) + atoi(argv[5])) ||
	       low >= (uint32_t)(atoi(argv[4]) + atoi(argv[6]));
}
