// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "vdispl/copy.h"

/*
 * A guest may write to the source meanwhile: each pixel is read once, and
 * affects nothing but a colour. memcpy, because rows need not be aligned.
 */
#define OPAQUE 0xff000000U

static uint32_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* n bits widened to 8, so that all ones become 255 */
static uint32_t widen4(uint32_t v)
{
	return v * 0x11;
}

static uint32_t widen5(uint32_t v)
{
	return v << 3 | v >> 2;
}

static uint32_t widen6(uint32_t v)
{
	return v << 2 | v >> 4;
}

static uint32_t from_rg16(uint32_t v)
{
	return OPAQUE | widen5(v >> 11 & 31) << 16 | widen6(v >> 5 & 63) << 8 |
	       widen5(v & 31);
}

static uint32_t from_xr15(uint32_t v)
{
	return OPAQUE | widen5(v >> 10 & 31) << 16 | widen5(v >> 5 & 31) << 8 |
	       widen5(v & 31);
}

static uint32_t from_xr12(uint32_t v)
{
	return OPAQUE | widen4(v >> 8 & 15) << 16 | widen4(v >> 4 & 15) << 8 |
	       widen4(v & 15);
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t from_xb24(uint32_t v)
{
	return OPAQUE | (v & 255) << 16 | (v & 0xff00) | (v >> 16 & 255);
}

static uint32_t from_rx24(uint32_t v)
{
	return OPAQUE | v >> 8;
}

static uint32_t from_bx24(uint32_t v)
{
	return OPAQUE | (v >> 8 & 255) << 16 | (v >> 8 & 0xff00) | v >> 24;
}

/* ten bits a colour: the upper eight of each */
static uint32_t from_xr30(uint32_t v)
{
	return OPAQUE | (v >> 22 & 255) << 16 | (v >> 12 & 255) << 8 |
	       (v >> 2 & 255);
}

static uint32_t clamp_byte(int v)
{
	return v < 0 ? 0 : v > 255 ? 255 : (uint32_t)v;
}

/* BT.601, limited range, in 1/256 */
static uint32_t from_yuv(int y, int u, int v)
{
	int c = 298 * (y - 16) + 128;

	u -= 128;
	v -= 128;
	return OPAQUE | clamp_byte((c + 409 * v) >> 8) << 16 |
	       clamp_byte((c - 100 * u - 208 * v) >> 8) << 8 |
	       clamp_byte((c + 516 * u) >> 8);
}

static void convert_row16(uint8_t *out, const uint8_t *in, uint32_t n,
			  uint32_t (*convert)(uint32_t v))
{
	uint32_t i, pixel;

	for (i = 0; i < n; i++) {
		pixel = convert(get16(in + 2 * (size_t)i));
		memcpy(out + 4 * (size_t)i, &pixel, 4);
	}
}

static void convert_row32(uint8_t *out, const uint8_t *in, uint32_t n,
			  uint32_t (*convert)(uint32_t v))
{
	uint32_t i, pixel;

	for (i = 0; i < n; i++) {
		pixel = convert(get32(in + 4 * (size_t)i));
		memcpy(out + 4 * (size_t)i, &pixel, 4);
	}
}

/* Three bytes a pixel, with red at byte @red and blue at byte @blue */
static void convert_row24(uint8_t *out, const uint8_t *in, uint32_t n,
			  unsigned int red, unsigned int blue)
{
	uint32_t i, pixel;

	for (i = 0; i < n; i++, in += 3) {
		pixel = OPAQUE | (uint32_t)in[red] << 16 |
			(uint32_t)in[1] << 8 | in[blue];
		memcpy(out + 4 * (size_t)i, &pixel, 4);
	}
}

static void convert_row_yuyv(uint8_t *out, const uint8_t *in, uint32_t x,
			     uint32_t n)
{
	uint32_t i, pixel;

	for (i = x; i < x + n; i++) {
		const uint8_t *pair = in + 4 * (size_t)(i / 2);

		pixel = from_yuv(pair[i % 2 * 2], pair[1], pair[3]);
		memcpy(out + 4 * (size_t)(i - x), &pixel, 4);
	}
}

static void convert_row(uint8_t *out, const uint8_t *in, uint32_t x, uint32_t n,
			const struct xd_format *format)
{
	const uint8_t *at = in + (size_t)x * format->bytes;

	/* formats with alpha are converted as their opaque twins */
	switch (format->opaque) {
	case XD_FOURCC('R', 'G', '1', '6'):
		convert_row16(out, at, n, from_rg16);
		break;
	case XD_FOURCC('X', 'R', '1', '5'):
		convert_row16(out, at, n, from_xr15);
		break;
	case XD_FOURCC('X', 'R', '1', '2'):
		convert_row16(out, at, n, from_xr12);
		break;
	case XD_FOURCC('R', 'G', '2', '4'):
		convert_row24(out, at, n, 2, 0);
		break;
	case XD_FOURCC('B', 'G', '2', '4'):
		convert_row24(out, at, n, 0, 2);
		break;
	case XD_FOURCC('X', 'B', '2', '4'):
		convert_row32(out, at, n, from_xb24);
		break;
	case XD_FOURCC('R', 'X', '2', '4'):
		convert_row32(out, at, n, from_rx24);
		break;
	case XD_FOURCC('B', 'X', '2', '4'):
		convert_row32(out, at, n, from_bx24);
		break;
	case XD_FOURCC('X', 'R', '3', '0'):
		convert_row32(out, at, n, from_xr30);
		break;
	case XD_FOURCC('Y', 'U', 'Y', 'V'):
		convert_row_yuyv(out, in, x, n);
		break;
	default: /* XR24 */
		memcpy(out, at, (size_t)n * 4);
		break;
	}
}

/* Whether rows of @n pixels follow each other without a gap, and are copied as they are */
static bool is_one_piece(const struct xd_rows *dst, const struct xd_rows *src,
			 const struct xd_format *format, uint32_t n)
{
	return format->opaque == XD_FOURCC('X', 'R', '2', '4') &&
	       dst->pitch == src->pitch && n == dst->width &&
	       (size_t)n * 4 == dst->pitch;
}

void xd_copy(const struct xd_rows *dst, const struct xd_rows *src,
	     const struct xd_format *format, uint32_t x, uint32_t y)
{
	uint32_t w = x < src->width ? src->width - x : 0;
	uint32_t h = y < src->height ? src->height - y : 0;
	uint8_t *out = dst->pixels;
	const uint8_t *in = src->pixels;
	uint32_t i = 0;

	if (w > dst->width)
		w = dst->width;
	if (h > dst->height)
		h = dst->height;
	if (h && is_one_piece(dst, src, format, w)) {
		memcpy(out, in + (size_t)y * src->pitch,
		       (size_t)h * src->pitch);
		out += (size_t)h * dst->pitch;
		i = h;
	}
	for (; i < dst->height; i++, out += dst->pitch) {
		uint32_t n = i < h ? w : 0;

		if (n)
			convert_row(out, in + (size_t)(y + i) * src->pitch, x,
				    n, format);
		memset(out + (size_t)n * 4, 0, (size_t)(dst->width - n) * 4);
	}
}
