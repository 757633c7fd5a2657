// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <png.h>

#include "common/png-file.h"

int xdc_png_save(const char *path, const void *pixels, uint32_t w, uint32_t h,
		 uint32_t stride)
{
	png_image png = {
		.version = PNG_IMAGE_VERSION,
		.width = w,
		.height = h,
		.format = PNG_FORMAT_BGR,
	};
	uint8_t *bgr;
	uint32_t x, y;
	FILE *f;
	int err = 0;

	if (!w || !h || (uint64_t)w * h > XDC_PNG_MAX_PIXELS)
		return -EINVAL;
	bgr = malloc((size_t)w * h * 3);
	if (!bgr)
		return -ENOMEM;
	for (y = 0; y < h; y++) {
		const uint32_t *row = (const uint32_t *)((const char *)pixels +
							 (size_t)y * stride);

		for (x = 0; x < w; x++) {
			uint8_t *p = bgr + ((size_t)y * w + x) * 3;

			p[0] = row[x];
			p[1] = row[x] >> 8;
			p[2] = row[x] >> 16;
		}
	}
	f = fopen(path, "wbe");
	if (!f) {
		err = -errno;
		free(bgr);
		return err;
	}
	errno = 0;
	if (!png_image_write_to_stdio(&png, f, 0, bgr, 0, NULL))
		err = errno ? -errno : -EIO;
	if (fclose(f) && !err)
		err = -errno;
	free(bgr);
	return err;
}
