/* SPDX-License-Identifier: GPL-2.0-only */
/* What the pages of a share hold */
#ifndef XT_PICTURE_H
#define XT_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#define SHARE_PAGES_MAX 65535U
#define SHARE_XRGB8888 0x34325258U /* fourcc "XR24", as DRM_FORMAT_XRGB8888 */

/* What is in the pages. */
struct picture {
	uint32_t pages;
	uint32_t width; /* 0: plain bytes, no picture */
	uint32_t height;
	uint32_t stride;
	uint32_t format; /* fourcc */
	bool rdonly;
};

/**
 * picture_check - whether the figures make sense together
 *
 * They come from the other domain: nothing else may be trusted before this.
 */
int picture_check(const struct picture *pic);

/** fourcc_text - "XR24"; what cannot be printed becomes '?' */
const char *fourcc_text(uint32_t fourcc, char buf[5]);
/** fourcc_parse - the opposite; -EINVAL if it is not four characters */
int fourcc_parse(const char *text, uint32_t *fourcc);

#endif
