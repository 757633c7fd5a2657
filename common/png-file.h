/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes PNG files */
#ifndef XDC_PNG_FILE_H
#define XDC_PNG_FILE_H

#include <stdint.h>

/*
 * A side that no card scans out is a mistake or an attack, and so is an area
 * that one grant (65,535 pages) could never hold.
 */
#define XDC_PNG_MAX_SIDE 16384U
#define XDC_PNG_MAX_PIXELS (65535U * 1024U)

/**
 * xdc_png_save - write XRGB8888 rows as a PNG file without an alpha channel
 * @stride: bytes from one row to the next
 */
int xdc_png_save(const char *path, const void *pixels, uint32_t w, uint32_t h,
		 uint32_t stride);

#endif
