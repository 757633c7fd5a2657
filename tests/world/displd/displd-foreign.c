// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that is not Linux's, but keeps to the protocol: it connects without waiting
 * for InitWait, has formats that Linux's lacks, may pad its lines, and at its end waits
 * for the backend's Closing and Closed.
 *
 * data/do is a number and what it does: "start", "show FORMAT CONNECTOR WIDTH HEIGHT
 * PADDING" (bytes after each line), "hide" or "close".  Then data/did is the number and
 * 0, the status of the first request that was refused, or 1; or the backend's states
 * and the milliseconds until the last.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"

#define CONNECTORS 2
#define BARS 7
/* references of a directory's page, pages of the largest picture */
#define DIR_REFS 1023
#define PAGES 1100

enum { BUFFER = 1, FB = 2 };

struct pixels {
	const char *name;
	unsigned int bytes, bits; /* of a pixel, of a colour */
	unsigned int red, green,
		blue; /* lowest bit, of the little-endian number */
	uint32_t alpha; /* a part of which is set */
};

static const struct pixels formats[] = {
	{ "XR24", 4, 8, 16, 8, 0, 0 },	 { "AR24", 4, 8, 16, 8, 0, 0x40000000 },
	{ "XB24", 4, 8, 0, 8, 16, 0 },	 { "AB24", 4, 8, 0, 8, 16, 0x40000000 },
	{ "RX24", 4, 8, 24, 16, 8, 0 },	 { "RA24", 4, 8, 24, 16, 8, 0x40 },
	{ "BX24", 4, 8, 8, 16, 24, 0 },	 { "BA24", 4, 8, 8, 16, 24, 0x40 },
	{ "XR30", 4, 10, 20, 10, 0, 0 }, { "BG24", 3, 8, 0, 8, 16, 0 },
};

static struct hostile h;
static uint8_t *pixels; /* PAGES pages, shared with the backend */
static uint32_t *dir; /* its first page, and references of both */
static uint32_t dir_ref, more_ref;
static char did[96];

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void write_node(const char *path, const char *value)
{
	xs_write(h.xs, XBT_NULL, path, value, (unsigned int)strlen(value));
}

static void share_pages(void)
{
	uint32_t refs[PAGES], *more;
	int i;

	pixels = xengntshr_share_pages(h.shr, 0, PAGES, refs, 1);
	if (!pixels) {
		perror("displd-foreign: xengntshr_share_pages");
		exit(1);
	}
	dir = hostile_page(&h, &dir_ref);
	more = hostile_page(&h, &more_ref);
	for (i = 0; i < PAGES; i++)
		(i < DIR_REFS ? dir : more)[1 + i % DIR_REFS] = refs[i];
}

/* The directory has no more pages than the buffer needs */
static void fit_directory(unsigned int size)
{
	dir[0] = size > DIR_REFS * 4096 ? more_ref : 0;
}

/* ---- pictures ---- */

/* A channel of an SMPTE bar, 0 or three quarters, as displd-pixels expects it */
static uint32_t channel(const struct pixels *p, bool on, unsigned int shift)
{
	return on ? (0xc0U << (p->bits - 8)) << shift : 0;
}

static uint32_t bar_pixel(const struct pixels *p, unsigned int bar)
{
	/* grey, yellow, cyan, green, magenta, red, blue */
	bool blue = bar % 2 == 0, red = bar % 4 < 2, green = bar < 4;

	return p->alpha | channel(p, red, p->red) |
	       channel(p, green, p->green) | channel(p, blue, p->blue);
}

static void draw_bars(const struct pixels *p, unsigned int width,
		      unsigned int rows, unsigned int pitch)
{
	unsigned int x, y, i;
	uint32_t pixel;

	/* what is beyond a line must not be seen */
	memset(pixels, 0x55, (size_t)pitch * rows);
	for (x = 0; x < width; x++) {
		pixel = bar_pixel(p, x * BARS / width);
		for (i = 0; i < p->bytes; i++)
			pixels[x * p->bytes + i] = (uint8_t)(pixel >> 8 * i);
	}
	for (y = 1; y < rows; y++)
		memcpy(pixels + (size_t)y * pitch, pixels,
		       (size_t)width * p->bytes);
}

static const struct pixels *find_format(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

static uint32_t fourcc(const char *name)
{
	return (uint32_t)name[0] | (uint32_t)name[1] << 8 |
	       (uint32_t)name[2] << 16 | (uint32_t)name[3] << 24;
}

/* Buffers and framebuffers belong to the first connector's ring, modes to their own */
static int show(const struct pixels *p, unsigned int connector,
		unsigned int width, unsigned int rows, unsigned int padding)
{
	unsigned int pitch = width * p->bytes + padding;
	struct xendispl_req r;
	int got;

	if ((uint64_t)pitch * rows > (uint64_t)PAGES * 4096 ||
	    connector >= CONNECTORS)
		return 1;
	draw_bars(p, width, rows, pitch);
	fit_directory(pitch * rows);
	h.r = h.rings;
	r = hostile_create(BUFFER, width, rows, pitch * rows, dir_ref);
	r.op.dbuf_create.bpp = 8 * p->bytes;
	got = hostile_ask(&h, r);
	if (!got)
		got = hostile_ask(&h, hostile_attach(BUFFER, FB, width, rows,
						     fourcc(p->name)));
	r = hostile_with_fb(XENDISPL_OP_SET_CONFIG, FB);
	r.op.set_config.width = width;
	r.op.set_config.height = rows;
	h.r = &h.rings[connector];
	if (!got)
		got = hostile_ask(&h, r);
	if (!got)
		got = hostile_ask(&h, hostile_with_fb(XENDISPL_OP_PG_FLIP, FB));
	return got;
}

static int hide(unsigned int connector)
{
	struct xendispl_req off = hostile_with_fb(XENDISPL_OP_SET_CONFIG, 0);
	int got;

	memset(&off.op, 0, sizeof(off.op));
	h.r = &h.rings[connector];
	got = hostile_ask(&h, off);
	h.r = h.rings;
	if (!got)
		got = hostile_ask(&h,
				  hostile_with_fb(XENDISPL_OP_FB_DETACH, FB));
	if (!got)
		got = hostile_ask(&h, hostile_with_fb(XENDISPL_OP_DBUF_DESTROY,
						      BUFFER));
	return got;
}

/* ---- states ---- */

static bool start(void)
{
	unsigned int i;

	for (i = 0; i < CONNECTORS; i++)
		hostile_offer(&h, i);
	hostile_state(&h, "3");
	if (!hostile_backend_is(&h, XenbusStateConnected))
		return false;
	hostile_state(&h, "4");
	return true;
}

/* Each state of the backend from Closing on, until it waits for a frontend */
static void close_display(void)
{
	uint64_t begin = now_ms();
	int state, last = hostile_backend(&h);
	size_t len = 0;

	hostile_state(&h, "5");
	did[0] = '\0';
	while (last != XenbusStateInitWait && now_ms() - begin < 10000) {
		state = hostile_backend(&h);
		if (state != last && len < sizeof(did) - 16)
			len += (size_t)snprintf(did + len, sizeof(did) - len,
						"%d ", state);
		last = state;
		usleep(10000);
	}
	snprintf(did + len, sizeof(did) - len, "%llu",
		 (unsigned long long)(now_ms() - begin));
}

/* ---- what the test asks for ---- */

static void run(const char *words)
{
	static int shown = -1;
	unsigned int connector, width, rows, padding;
	const struct pixels *p;
	bool close = !strcmp(words, "close");
	char name[8];
	int got = 0;

	/* what is shown when it closes is the backend's to remove */
	if (shown >= 0 && !close)
		got = hide((unsigned int)shown);
	shown = -1;
	if (sscanf(words, "show %7s %u %u %u %u", name, &connector, &width,
		   &rows, &padding) == 5) {
		p = find_format(name);
		shown = (int)connector;
		if (!got)
			got = p ? show(p, connector, width, rows, padding) : 1;
	} else if (!strcmp(words, "start")) {
		got = !start();
	}
	snprintf(did, sizeof(did), "%d", got);
	if (close)
		close_display();
}

static char last[64]; /* command, with its number */

/* The words after the number of a command that is new, or NULL */
static const char *next_command(void)
{
	char *words = xs_read(h.xs, XBT_NULL, "data/do", NULL);
	bool same = !words || !strcmp(words, last);

	if (!same)
		snprintf(last, sizeof(last), "%s", words);
	free(words);
	words = strchr(last, ' ');
	return same || !words ? NULL : words + 1;
}

static void report(void)
{
	char text[128];

	snprintf(text, sizeof(text), "%d %s", atoi(last), did);
	printf("%s: %s\n", last, did);
	write_node("data/did", text);
}

int main(void)
{
	const char *words;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (hostile_open(&h))
		return 1;
	share_pages();
	write_node("data/do", "");
	write_node("data/ready", "1");
	for (;;) {
		words = next_command();
		if (!words) {
			usleep(100000);
			continue;
		}
		run(words);
		report();
	}
}
