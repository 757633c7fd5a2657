/* SPDX-License-Identifier: GPL-2.0-only */
/* What the pages of a share hold */
#ifndef XT_PICTURE_H
#define XT_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#define XT_SHARE_PAGES_MAX 65535U
/* fourcc "XR24", as DRM_FORMAT_XRGB8888 */
#define XT_SHARE_XRGB8888 0x34325258U

/* What is in the pages. */
struct xt_picture {
	uint32_t pages;
	uint32_t width; /* 0: plain bytes, no picture */
	uint32_t height;
	uint32_t stride;
	uint32_t format; /* fourcc */
	bool rdonly;
};

/**
 * xt_picture_check - whether the figures are consistent; -EPROTO if not
 *
 * They come from the other domain and must not be used before this check.
 */
int xt_picture_check(const struct xt_picture *pic);

/** xt_fourcc_text - as text, "XR24"; '?' for characters that are not visible */
const char *xt_fourcc_text(uint32_t fourcc, char buf[5]);
/** xt_fourcc_parse - from text; -EINVAL if it is not four characters */
int xt_fourcc_parse(const char *text, uint32_t *fourcc);

#endif
