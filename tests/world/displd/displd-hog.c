// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that asks for as much as it can, within the protocol: what data/hog in
 * its directory names, over and over.  data/hog-count says how often.  With data/hog-rest
 * it rests before each request, so that none waits for its budget, and data/hog-longest
 * says how many milliseconds the longest took.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"

#define WIDTH 1920
#define HEIGHT 1080
#define RESOLUTION "1920x1080"
/* until xen-displd serves a guest that was over its budget, in microseconds */
#define REST 200000
/* pages of a buffer of this size, and of a large one */
#define SHOWN 2025
#define LARGE 16000
#define BUFFER 1
#define FB 2
#define LARGE_BUFFER 3

static struct hostile h;
static uint32_t shown_dir, large_dir; /* references of the first pages */
static unsigned int count;
static uint64_t longest; /* in ms */
static bool rests;

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static uint64_t begin_request(void)
{
	if (rests)
		usleep(REST);
	return now_ms();
}

static void end_request(uint64_t begun)
{
	uint64_t ms = now_ms() - begun;

	if (ms > longest)
		longest = ms;
}

static int ask(struct xendispl_req r)
{
	uint64_t begun = begin_request();
	int got = hostile_ask(&h, r);

	end_request(begun);
	return got;
}

static bool is_closed(void)
{
	uint64_t begun = begin_request();
	bool closed;

	hostile_state(&h, "6");
	closed = hostile_backend_is(&h, XenbusStateInitWait);
	end_request(begun);
	return closed;
}

static bool join(void)
{
	uint64_t begun = begin_request();
	bool joined = hostile_join(&h);

	end_request(begun);
	return joined;
}

static int failed(const char *what, int status)
{
	printf("%s: %d\n", what, status);
	return -1;
}

static struct xendispl_req with_mode(uint64_t fb, uint32_t x)
{
	struct xendispl_req r = hostile_with_fb(XENDISPL_OP_SET_CONFIG, fb);

	r.op.set_config.x = x;
	r.op.set_config.width = fb ? WIDTH : 0;
	r.op.set_config.height = fb ? HEIGHT : 0;
	r.op.set_config.bpp = fb ? 32 : 0;
	return r;
}

static int show(uint32_t x)
{
	return ask(with_mode(FB, x));
}

static int show_nothing(void)
{
	return ask(with_mode(0, 0));
}

static int attach(void)
{
	return ask(hostile_attach(BUFFER, FB, WIDTH, HEIGHT, XR24));
}

static int detach(void)
{
	return ask(hostile_with_fb(XENDISPL_OP_FB_DETACH, FB));
}

/* Its two buffers: one of a picture, one large */
static int connect_again(void)
{
	int got;

	hostile_state(&h, "1");
	if (!hostile_backend_is(&h, XenbusStateInitWait))
		return failed("no InitWait", hostile_backend(&h));
	hostile_offer(&h, 0);
	hostile_write(&h, "0/resolution", RESOLUTION);
	if (!join())
		return failed("not connected", hostile_backend(&h));
	got = ask(
		hostile_create(BUFFER, WIDTH, HEIGHT, SHOWN * 4096, shown_dir));
	return got ? failed("DBUF_CREATE", got) : attach();
}

/* ---- what it does ---- */

static int do_modes(void)
{
	int got = show(0);

	return got ? got : show_nothing();
}

/* The buffer that is shown loses its framebuffer */
static int do_detaches(void)
{
	int got = show(0);

	if (!got)
		got = detach();
	return got ? got : attach();
}

/* Each is a copy of a whole picture where the position cannot be shown */
static int do_positions(void)
{
	return show(count % 2 ? 8 : 0);
}

static int do_flips(void)
{
	struct xendispl_req r = hostile_with_fb(XENDISPL_OP_PG_FLIP, FB);
	int i, got = show(0);

	for (i = 0; i < 30; i++)
		hostile_put(&h, &r);
	hostile_tell(&h);
	for (i = 0; i < 30; i++)
		got |= hostile_answer(&h);
	return got;
}

static int do_buffers(void)
{
	struct xendispl_req destroy =
		hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, LARGE_BUFFER);
	int got = ask(
		hostile_create(LARGE_BUFFER, 0, 0, LARGE * 4096, large_dir));

	return got ? got : ask(destroy);
}

static int do_reconnects(void)
{
	int got = show(0);

	is_closed();
	return got ? got : connect_again();
}

static const struct {
	const char *name;
	int (*run)(void);
} things[] = {
	{ "modes", do_modes },	       { "detaches", do_detaches },
	{ "positions", do_positions }, { "flips", do_flips },
	{ "buffers", do_buffers },     { "reconnects", do_reconnects },
};

static void write_number(const char *path, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	xs_write(h.xs, XBT_NULL, path, text, (unsigned int)strlen(text));
}

static int run_once(const char *name)
{
	size_t i;
	int err;

	for (i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		if (!strcmp(things[i].name, name))
			break;
	if (i == sizeof(things) / sizeof(things[0])) {
		usleep(50000);
		return 0;
	}
	err = things[i].run();
	if (err)
		return failed(name, err);
	write_number("data/hog-longest", longest);
	write_number("data/hog-count", ++count);
	return 0;
}

/* What comes next, or NULL */
static char *read_name(void)
{
	static bool before;
	char *text = xs_read(h.xs, XBT_NULL, "data/hog-rest", NULL);

	rests = text && !strcmp(text, "1");
	free(text);
	if (rests && !before)
		longest = 0;
	before = rests;
	return xs_read(h.xs, XBT_NULL, "data/hog", NULL);
}

int main(void)
{
	char *name;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (hostile_open(&h))
		return 1;
	xs_write(h.xs, XBT_NULL, "data/hog", "nothing", 7);
	shown_dir = hostile_directory(&h, SHOWN, 1);
	large_dir = hostile_directory(&h, LARGE, 16);
	if (connect_again())
		return 1;
	xs_write(h.xs, XBT_NULL, "data/ready", "1", 1);
	do {
		name = read_name();
		if (name && run_once(name))
			xs_write(h.xs, XBT_NULL, "data/hog-failed", name,
				 (unsigned int)strlen(name));
		free(name);
	} while (name);
	return 1;
}
