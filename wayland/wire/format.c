// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <wayland-client-protocol.h>

#include "wire/format.h"

/* Formats of fewer than 16 bits have no use in windows */
static const struct {
	uint32_t format;
	unsigned int bytes;
} formats[] = {
	{ WL_SHM_FORMAT_ARGB8888, 4 },	    { WL_SHM_FORMAT_XRGB8888, 4 },
	{ WL_SHM_FORMAT_ABGR8888, 4 },	    { WL_SHM_FORMAT_XBGR8888, 4 },
	{ WL_SHM_FORMAT_RGBA8888, 4 },	    { WL_SHM_FORMAT_RGBX8888, 4 },
	{ WL_SHM_FORMAT_BGRA8888, 4 },	    { WL_SHM_FORMAT_BGRX8888, 4 },
	{ WL_SHM_FORMAT_ARGB2101010, 4 },   { WL_SHM_FORMAT_XRGB2101010, 4 },
	{ WL_SHM_FORMAT_ABGR2101010, 4 },   { WL_SHM_FORMAT_XBGR2101010, 4 },
	{ WL_SHM_FORMAT_RGBA1010102, 4 },   { WL_SHM_FORMAT_RGBX1010102, 4 },
	{ WL_SHM_FORMAT_BGRA1010102, 4 },   { WL_SHM_FORMAT_BGRX1010102, 4 },
	{ WL_SHM_FORMAT_ARGB16161616, 8 },  { WL_SHM_FORMAT_XRGB16161616, 8 },
	{ WL_SHM_FORMAT_ABGR16161616, 8 },  { WL_SHM_FORMAT_XBGR16161616, 8 },
	{ WL_SHM_FORMAT_ARGB16161616F, 8 }, { WL_SHM_FORMAT_XRGB16161616F, 8 },
	{ WL_SHM_FORMAT_ABGR16161616F, 8 }, { WL_SHM_FORMAT_XBGR16161616F, 8 },
	{ WL_SHM_FORMAT_RGB888, 3 },	    { WL_SHM_FORMAT_BGR888, 3 },
	{ WL_SHM_FORMAT_RGB565, 2 },	    { WL_SHM_FORMAT_BGR565, 2 },
	{ WL_SHM_FORMAT_ARGB4444, 2 },	    { WL_SHM_FORMAT_XRGB4444, 2 },
	{ WL_SHM_FORMAT_ABGR4444, 2 },	    { WL_SHM_FORMAT_XBGR4444, 2 },
	{ WL_SHM_FORMAT_RGBA4444, 2 },	    { WL_SHM_FORMAT_RGBX4444, 2 },
	{ WL_SHM_FORMAT_BGRA4444, 2 },	    { WL_SHM_FORMAT_BGRX4444, 2 },
	{ WL_SHM_FORMAT_ARGB1555, 2 },	    { WL_SHM_FORMAT_XRGB1555, 2 },
	{ WL_SHM_FORMAT_ABGR1555, 2 },	    { WL_SHM_FORMAT_XBGR1555, 2 },
	{ WL_SHM_FORMAT_RGBA5551, 2 },	    { WL_SHM_FORMAT_RGBX5551, 2 },
	{ WL_SHM_FORMAT_BGRA5551, 2 },	    { WL_SHM_FORMAT_BGRX5551, 2 },
};

unsigned int xwl_format_bytes(uint32_t format)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].format == format)
			return formats[i].bytes;
	return 0;
}
