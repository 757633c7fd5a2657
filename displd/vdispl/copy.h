/* SPDX-License-Identifier: GPL-2.0-only */
/* Converts pixels of any format of the protocol to XRGB8888: for screenshots,
 * and for framebuffers that cannot be shown directly.
 */
#ifndef XD_VDISPL_COPY_H
#define XD_VDISPL_COPY_H

#include <stdint.h>

#include "vdispl/proto.h"

struct xd_rows {
	void *pixels;
	uint32_t pitch;
	uint32_t width, height;
};

/**
 * xd_copy - convert @src from its pixel @x, @y on to the upper left of @dst
 *
 * What @src does not cover is black.  Both may have any alignment.
 */
void xd_copy(const struct xd_rows *dst, const struct xd_rows *src,
	     const struct xd_format *format, uint32_t x, uint32_t y);

#endif
