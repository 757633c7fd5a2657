// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "photo.h"

struct xt_picture demo_picture(void)
{
	return (struct xt_picture){
		.pages = (DEMO_STRIDE * DEMO_HEIGHT + 4095) / 4096,
		.width = DEMO_WIDTH,
		.height = DEMO_HEIGHT,
		.stride = DEMO_STRIDE,
		.format = XT_SHARE_XRGB8888,
	};
}

int demo_paint(void *dst, struct xt_image *img)
{
	int err;

	err = xt_image_load(DEMO_IMAGE, DEMO_WIDTH, DEMO_HEIGHT, img);
	if (err)
		return err;
	xt_image_fill(img, dst, DEMO_WIDTH, DEMO_HEIGHT, DEMO_STRIDE);
	xt_image_free(img);
	return 0;
}

void demo_change(void *dst)
{
	uint32_t *row = dst;
	uint32_t x, y;

	for (y = 0; y < DEMO_HEIGHT; y++, row += DEMO_WIDTH) {
		for (x = 0; x < DEMO_WIDTH; x++) {
			/* a slanting band, so that rows in wrong places are noticed */
			uint32_t at = (x + y / 2) % DEMO_WIDTH;

			if (at >= 250 && at < 550)
				row[x] ^= 0x00ffffff;
			if (x < 12 || y < 12 || x >= DEMO_WIDTH - 12 ||
			    y >= DEMO_HEIGHT - 12)
				row[x] = 0xffff8000;
		}
	}
}
