// SPDX-License-Identifier: GPL-2.0-only
/*
 * EDID 1.4 with one mode.  A size that a block's fields cannot hold is in a
 * second block, of DisplayID, and the first has a half or a quarter of it.
 */
#include <string.h>

#include "vdispl/proto.h"

#define REFRESH 60U
/* like VESA's reduced blanking, as there is no cable */
#define H_BLANK 160U
#define H_FRONT 48U
#define H_SYNC 32U
#define V_BLANK 45U
#define V_FRONT 3U
#define V_SYNC 6U
#define DPI 96U

/* the largest size and clock (10 kHz) of a detailed timing */
#define DETAILED_MAX 0xfffU
#define DETAILED_CLOCK_MAX 0xffffU
/* the largest size in centimetres */
#define CM_MAX 255U

#define MANUFACTURER "XEN"
#define PRODUCT_CODE 1
#define WEEK 1
#define YEAR 2026
#define GAMMA 120 /* 2.2 */

#define TAG_NAME 0xfc
#define TAG_DUMMY 0x10
#define TEXT_MAX 13

/* of DisplayID 1.3, as an extension of an EDID */
#define EXTENSION_DISPLAYID 0x70
#define DISPLAYID_VERSION 0x13
#define DISPLAYID_BYTES 121
#define DISPLAYID_MONITOR 3
#define PREFERRED 0x80
#define NO_ASPECT 0x08
/* data blocks, each with a header of three bytes */
#define BLOCK_HEADER 3
#define PRODUCT 0x00
#define PRODUCT_BYTES 12
#define PARAMETERS 0x01
#define PARAMETERS_BYTES 12
#define TIMING 0x03 /* of type I */
#define TIMING_BYTES 20
#define INTERFACE 0x0f
#define INTERFACE_BYTES 10
#define DISPLAYPORT 0xa0
#define LINKS 4
#define BITS_8 0x02 /* of a colour */
#define SYNC_POSITIVE 0x8000U

static unsigned int to_millimetres(uint32_t pixels)
{
	return (unsigned int)((uint64_t)pixels * 254 / (DPI * 10));
}

/* In 10 kHz */
static uint32_t pixel_clock(uint32_t w, uint32_t h)
{
	return (uint32_t)((uint64_t)(w + H_BLANK) * (h + V_BLANK) * REFRESH /
			  10000);
}

static bool fits_detailed(uint32_t w, uint32_t h)
{
	return w <= DETAILED_MAX && h <= DETAILED_MAX &&
	       pixel_clock(w, h) <= DETAILED_CLOCK_MAX;
}

/* @mm_w, @mm_h: the size of the image, which is 0 if it is not known */
static void put_detailed(uint8_t *t, uint32_t w, uint32_t h, unsigned int mm_w,
			 unsigned int mm_h)
{
	uint32_t clock = pixel_clock(w, h);

	t[0] = (uint8_t)clock;
	t[1] = (uint8_t)(clock >> 8);
	t[2] = (uint8_t)w;
	t[3] = H_BLANK;
	t[4] = (uint8_t)(w >> 8 << 4);
	t[5] = (uint8_t)h;
	t[6] = V_BLANK;
	t[7] = (uint8_t)(h >> 8 << 4);
	t[8] = H_FRONT;
	t[9] = H_SYNC;
	t[10] = V_FRONT << 4 | V_SYNC;
	t[12] = (uint8_t)mm_w;
	t[13] = (uint8_t)mm_h;
	t[14] = (uint8_t)((mm_w >> 8) << 4 | mm_h >> 8);
	t[17] = 0x1a; /* digital separate sync, vertical not inverted */
}

static void put_text(uint8_t *t, uint8_t tag, const char *words)
{
	size_t i;

	t[3] = tag;
	memset(t + 5, ' ', TEXT_MAX);
	for (i = 0; i < TEXT_MAX && words[i]; i++)
		t[5 + i] = words[i] >= ' ' && words[i] <= '~'
				   ? (uint8_t)words[i]
				   : '?';
	if (i < TEXT_MAX)
		t[5 + i] = '\n';
}

/* The last byte makes the sum of all 0 */
static void put_checksum(uint8_t *bytes, size_t len)
{
	unsigned int sum = 0;
	size_t i;

	for (i = 0; i < len - 1; i++)
		sum += bytes[i];
	bytes[len - 1] = (uint8_t)(256 - sum % 256);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

/* Returns where the data of the next block begins, whose header it writes */
static uint8_t *begin_block(uint8_t **at, uint8_t tag, uint8_t len)
{
	uint8_t *data = *at + BLOCK_HEADER;

	(*at)[0] = tag;
	(*at)[2] = len;
	*at = data + len;
	return data;
}

static void put_product(uint8_t *p, uint32_t serial)
{
	memcpy(p, MANUFACTURER, 3);
	put16(p + 3, PRODUCT_CODE);
	put16(p + 5, serial);
	put16(p + 7, serial >> 16);
	p[9] = WEEK;
	p[10] = YEAR - 2000;
}

static void put_parameters(uint8_t *p, uint32_t w, uint32_t h)
{
	uint32_t ratio = (w > h ? w * 100 / h : h * 100 / w) - 100;

	put16(p + 4, w);
	put16(p + 6, h);
	p[9] = GAMMA;
	p[10] = (uint8_t)(ratio > 255 ? 255 : ratio);
	p[11] = 0x77; /* 8 bits a colour, less one, dynamic and native */
}

static void put_interface(uint8_t *p)
{
	p[0] = DISPLAYPORT | LINKS;
	p[2] = BITS_8;
}

/* Each number is one less than what it stands for */
static void put_timing(uint8_t *t, uint32_t w, uint32_t h)
{
	uint32_t clock = pixel_clock(w, h) - 1;

	put16(t, clock);
	t[2] = (uint8_t)(clock >> 16);
	t[3] = PREFERRED | NO_ASPECT;
	put16(t + 4, w - 1);
	put16(t + 6, H_BLANK - 1);
	put16(t + 8, (H_FRONT - 1) | SYNC_POSITIVE);
	put16(t + 10, H_SYNC - 1);
	put16(t + 12, h - 1);
	put16(t + 14, V_BLANK - 1);
	put16(t + 16, V_FRONT - 1);
	put16(t + 18, V_SYNC - 1);
}

static void put_displayid(uint8_t *block, const struct xd_edid *what)
{
	uint8_t *section = block + 1, *at = section + 4;

	memset(block, 0, XD_EDID_BLOCK);
	block[0] = EXTENSION_DISPLAYID;
	section[0] = DISPLAYID_VERSION;
	section[1] = DISPLAYID_BYTES;
	section[2] = DISPLAYID_MONITOR;
	/* the product has to be first */
	put_product(begin_block(&at, PRODUCT, PRODUCT_BYTES), what->serial);
	put_timing(begin_block(&at, TIMING, TIMING_BYTES), what->width,
		   what->height);
	put_parameters(begin_block(&at, PARAMETERS, PARAMETERS_BYTES),
		       what->width, what->height);
	put_interface(begin_block(&at, INTERFACE, INTERFACE_BYTES));
	put_checksum(section, DISPLAYID_BYTES + 5);
	put_checksum(block, XD_EDID_BLOCK);
}

static void put_base(uint8_t *edid, const struct xd_edid *what)
{
	static const uint8_t header[] = { 0x00, 0xff, 0xff, 0xff,
					  0xff, 0xff, 0xff, 0x00 };
	/* sRGB's primaries and white */
	static const uint8_t colours[] = { 0xee, 0x91, 0xa3, 0x54, 0x4c,
					   0x99, 0x26, 0x0f, 0x50, 0x54 };

	memset(edid, 0, XD_EDID_BLOCK);
	memcpy(edid, header, sizeof(header));
	/* five bits a letter */
	edid[8] = (uint8_t)((MANUFACTURER[0] - '@') << 2 |
			    (MANUFACTURER[1] - '@') >> 3);
	edid[9] = (uint8_t)((MANUFACTURER[1] - '@') << 5 |
			    (MANUFACTURER[2] - '@'));
	put16(edid + 10, PRODUCT_CODE);
	put16(edid + 12, what->serial);
	put16(edid + 14, what->serial >> 16);
	edid[16] = WEEK;
	edid[17] = YEAR - 1990;
	edid[18] = 1;
	edid[19] = 4;
	edid[20] = 0xa0; /* digital, 8 bits a colour */
	edid[23] = GAMMA;
	edid[24] = 0x04; /* sRGB */
	memcpy(edid + 25, colours, sizeof(colours));
	memset(edid + 38, 0x01, 16); /* no standard timings */
	put_text(edid + 72, TAG_NAME, *what->name ? what->name : "xen-displd");
	edid[90 + 3] = TAG_DUMMY;
	edid[108 + 3] = TAG_DUMMY;
}

uint32_t xd_edid_make(uint8_t edid[XD_EDID_SIZE], const struct xd_edid *what)
{
	uint32_t w = what->width, h = what->height;
	unsigned int mm_w = to_millimetres(w), mm_h = to_millimetres(h);
	bool large = !fits_detailed(w, h);

	/* an image that the fields cannot hold has no size, like a projector's */
	if (mm_w / 10 > CM_MAX || mm_h / 10 > CM_MAX)
		mm_w = mm_h = 0;
	put_base(edid, what);
	edid[21] = (uint8_t)(mm_w / 10);
	edid[22] = (uint8_t)(mm_h / 10);
	if (large)
		edid[126] = 1; /* extensions */
	else
		edid[24] |= 0x02; /* the first timing is the native one */
	while (!fits_detailed(w, h)) {
		w = (w + 1) / 2;
		h = (h + 1) / 2;
	}
	put_detailed(edid + 54, w, h, mm_w, mm_h);
	put_checksum(edid, XD_EDID_BLOCK);
	if (!large)
		return XD_EDID_BLOCK;
	put_displayid(edid + XD_EDID_BLOCK, what);
	return XD_EDID_SIZE;
}
