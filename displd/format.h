/* SPDX-License-Identifier: GPL-2.0-only */
/* The pixel formats that a guest's framebuffer can have. */
#ifndef XD_FORMAT_H
#define XD_FORMAT_H

#include <stdint.h>

#define XD_FOURCC(a, b, c, d)                                       \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | \
	 (uint32_t)(d) << 24)

struct xd_format {
	uint32_t fourcc; /* DRM_FORMAT_* */
	uint32_t opaque; /* the same layout without alpha */
	uint32_t bytes; /* a pixel */
	const char *name;
};

/** xd_format_find - NULL: not a format of the display protocol */
const struct xd_format *xd_format_find(uint32_t fourcc);

#endif
