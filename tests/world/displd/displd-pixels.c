// SPDX-License-Identifier: GPL-2.0-only
/*
 * displd-pixels FILE.png BITS [WHOLE AT]: is it modetest's SMPTE pattern?
 *
 * Compares the middle of each of the seven bars on top, within the precision of
 * a format of BITS a colour.  The picture may be a part, from the column AT on,
 * of a pattern that is WHOLE columns wide.
 */
#include <stdio.h>
#include <stdlib.h>

#include "picture/image.h"

static const uint32_t bars[] = { 0xc0c0c0, 0xc0c000, 0x00c0c0, 0x00c000,
				 0xc000c0, 0xc00000, 0x0000c0 };

static int colours_differ(uint32_t a, uint32_t b, int slack)
{
	int shift, d;

	for (shift = 0; shift < 24; shift += 8) {
		d = (int)(a >> shift & 255) - (int)(b >> shift & 255);
		if (abs(d) > slack)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct xt_image img;
	int bad = 0;
	uint32_t i, x, pixel, whole, at = 0, seen = 0;

	if (argc != 3 && argc != 5)
		return 2;
	if (xt_image_load(argv[1], 0, 0, &img)) {
		printf("%s: %s\n", argv[1], img.why);
		return 1;
	}
	printf("%s: %u x %u\n", argv[1], img.width, img.height);
	whole = img.width;
	if (argc == 5) {
		whole = (uint32_t)atoi(argv[3]);
		at = (uint32_t)atoi(argv[4]);
	}
	for (i = 0; i < 7; i++) {
		x = (2 * i + 1) * whole / 14;
		if (x < at || x - at >= img.width)
			continue;
		x -= at;
		seen++;
		pixel = img.pixels[(size_t)(img.height / 4) * img.width + x];
		if (!colours_differ(pixel, bars[i], 256 >> atoi(argv[2])))
			continue;
		printf("bar %u is %06x, not %06x\n", i, pixel & 0xffffff,
		       bars[i]);
		bad = 1;
	}
	xt_image_free(&img);
	return bad || seen < 2;
}
