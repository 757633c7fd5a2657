/* SPDX-License-Identifier: GPL-2.0-only */
/* Pictures from PNG and JPEG files, as XRGB8888 in memory */
#ifndef XT_IMAGE_H
#define XT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "common/png-file.h"

/* What can be read can also be written */
#define XT_IMAGE_MAX_SIDE XDC_PNG_MAX_SIDE
#define XT_IMAGE_MAX_PIXELS XDC_PNG_MAX_PIXELS

struct xt_image {
	uint32_t width;
	uint32_t height;
	uint32_t *pixels; /* 0xffRRGGBB, rows without padding */
	char why[256]; /* what is wrong, if loading failed */
};

/**
 * xt_image_load - decode a PNG or JPEG file
 * @path: the file
 * @min_w: the width that the caller needs, 0 for the full width; a large JPEG
 *	is then decoded at a half, a quarter or an eighth of its size
 * @min_h: likewise
 * @img: the picture; after a failure only @img->why is valid
 *
 * EPROTONOSUPPORT: neither PNG nor JPEG.  EBADMSG: broken.  EFBIG: too large.
 */
int xt_image_load(const char *path, uint32_t min_w, uint32_t min_h,
		  struct xt_image *img);
void xt_image_free(struct xt_image *img);

/**
 * xt_image_fill - scale and crop so that the picture fills @w x @h
 * @dst: where; @stride bytes to a row
 *
 * Averages areas in integers, so that the result is the same on any machine.
 */
void xt_image_fill(const struct xt_image *img, void *dst, uint32_t w,
		   uint32_t h, uint32_t stride);

#endif
