/* SPDX-License-Identifier: GPL-2.0-only */
/* The formats of wl_shm that a guest's buffers may have: those of one plane, in which
 * each pixel has bytes of its own.
 */
#ifndef XWL_WIRE_FORMAT_H
#define XWL_WIRE_FORMAT_H

#include <stdint.h>

/**
 * xwl_format_bytes - of a pixel, 8 at most
 * @format: enum wl_shm.format
 *
 * 0: a guest's buffers may not have the format.
 */
unsigned int xwl_format_bytes(uint32_t format);

#endif
