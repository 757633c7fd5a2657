// SPDX-License-Identifier: GPL-2.0-only
/* EDID 1.4, one block: a minimal one, with one mode */
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

static unsigned int to_millimetres(uint32_t pixels)
{
	return (unsigned int)((uint64_t)pixels * 254 / (DPI * 10));
}

/* The first descriptor.  Returns 0 if the mode exceeds its fields. */
static int put_timing(uint8_t *t, uint32_t w, uint32_t h)
{
	uint64_t clock = (uint64_t)(w + H_BLANK) * (h + V_BLANK) * REFRESH;
	unsigned int mm_w = to_millimetres(w), mm_h = to_millimetres(h);

	clock /= 10000;
	if (w > 0xfff || h > 0xfff || clock > 0xffff)
		return 0;
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
	return 1;
}

static void put_text(uint8_t *t, uint8_t tag, const char *words)
{
	size_t len = strlen(words);

	t[3] = tag;
	memset(t + 5, ' ', 13);
	memcpy(t + 5, words, len);
	t[5 + len] = '\n';
}

void xd_edid_make(uint8_t edid[XD_EDID_SIZE], uint32_t w, uint32_t h)
{
	static const uint8_t header[] = { 0x00, 0xff, 0xff, 0xff,
					  0xff, 0xff, 0xff, 0x00 };
	/* sRGB's primaries and white */
	static const uint8_t colours[] = { 0xee, 0x91, 0xa3, 0x54, 0x4c,
					   0x99, 0x26, 0x0f, 0x50, 0x54 };
	unsigned int i, cm, sum = 0;

	memset(edid, 0, XD_EDID_SIZE);
	memcpy(edid, header, sizeof(header));
	/* manufacturer "XEN": five bits a letter */
	edid[8] = ('X' - '@') << 2 | ('E' - '@') >> 3;
	edid[9] = (uint8_t)(('E' - '@') << 5 | ('N' - '@'));
	edid[10] = 1;
	edid[16] = 1; /* week */
	edid[17] = 36; /* 2026 */
	edid[18] = 1;
	edid[19] = 4;
	edid[20] = 0xa0; /* digital, 8 bits a colour */
	cm = to_millimetres(w) / 10;
	edid[21] = (uint8_t)(cm > 255 ? 255 : cm);
	cm = to_millimetres(h) / 10;
	edid[22] = (uint8_t)(cm > 255 ? 255 : cm);
	edid[23] = 120; /* gamma 2.2 */
	edid[24] = 0x06; /* sRGB, the first timing is the preferred one */
	memcpy(edid + 25, colours, sizeof(colours));
	memset(edid + 38, 0x01, 16); /* no standard timings */
	if (!put_timing(edid + 54, w, h))
		/* a dummy: the guest uses xenstore's resolution */
		edid[54 + 3] = 0x10;
	put_text(edid + 72, 0xfc, "xen-displd");
	edid[90 + 3] = 0x10;
	edid[108 + 3] = 0x10;
	for (i = 0; i < XD_EDID_SIZE - 1; i++)
		sum += edid[i];
	edid[XD_EDID_SIZE - 1] = (uint8_t)(256 - sum % 256);
}
