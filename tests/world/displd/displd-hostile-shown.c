// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile guest whose buffers are as large as its screen, so that the output may
 * take them as they are.  data/step names what it does to them while they are shown:
 * each step ends with the first of them on screen again.  Its results are lines of
 * data/hostile, as those of displd-hostile, and then data/did is the step's name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/errno.h>

#include "hostile.h"

#define WIDTH 640
#define HEIGHT 480
#define PAGES (WIDTH * HEIGHT * 4 / 4096)
#define ALIASES 16
/* cookies: two buffers with a framebuffer each, a small one, a foreign format */
enum {
	BUFFER = 1,
	OTHER,
	REPEATED,
	FB = 11,
	OTHER_FB,
	REPEATED_FB,
	SMALL_FB,
	YUYV_FB,
	ALIAS_FB = 100
};

static struct hostile h;
/* of the first buffer: pages of its own, which the guest can take back */
static uint8_t *pages;
static uint32_t first_refs[PAGES];
static uint32_t first_dir, other_dir, repeated_dir, refused_dir;
static bool good; /* so far, in this step */

static void expect(const char *name, int want, int got)
{
	if (want == got)
		return;
	good = false;
	hostile_equal(&h, name, want, got);
}

static void ask(const char *name, int want, struct xendispl_req req)
{
	expect(name, want, hostile_ask(&h, req));
}

static struct xendispl_req shown(uint64_t fb)
{
	struct xendispl_req r = hostile_with_fb(XENDISPL_OP_SET_CONFIG, fb);

	r.op.set_config.width = fb ? WIDTH : 0;
	r.op.set_config.height = fb ? HEIGHT : 0;
	r.op.set_config.bpp = fb ? 32 : 0;
	return r;
}

static struct xendispl_req flip(uint64_t fb)
{
	return hostile_with_fb(XENDISPL_OP_PG_FLIP, fb);
}

static struct xendispl_req detach(uint64_t fb)
{
	return hostile_with_fb(XENDISPL_OP_FB_DETACH, fb);
}

static struct xendispl_req destroy(uint64_t dbuf)
{
	return hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, dbuf);
}

static struct xendispl_req attach(uint64_t dbuf, uint64_t fb)
{
	return hostile_attach(dbuf, fb, WIDTH, HEIGHT, XR24);
}

static void put(struct xendispl_req req)
{
	hostile_put(&h, &req);
}

static void make_buffer(uint64_t dbuf, uint64_t fb, uint32_t dir)
{
	ask("DBUF_CREATE: accepted", 0,
	    hostile_create(dbuf, WIDTH, HEIGHT, PAGES * 4096, dir));
	ask("FB_ATTACH: accepted", 0, attach(dbuf, fb));
}

static void show_first(void)
{
	ask("SET_CONFIG: accepted", 0, shown(FB));
	ask("PG_FLIP: accepted", 0, flip(FB));
}

static void make_all(void)
{
	make_buffer(BUFFER, FB, first_dir);
	make_buffer(OTHER, OTHER_FB, other_dir);
	show_first();
}

static void make_pages(void)
{
	uint32_t *dir = hostile_page(&h, &first_dir);

	pages = xengntshr_share_pages(h.shr, 0, PAGES, first_refs, 1);
	if (!pages) {
		perror("xengntshr_share_pages");
		exit(1);
	}
	memset(pages, 0x80, PAGES * 4096);
	memcpy(dir + 1, first_refs, sizeof(first_refs));
	other_dir = hostile_directory(&h, PAGES, 1);
}

/* With new pages: a compositor may still have the old ones mapped */
static void connect_again(void)
{
	hostile_state(&h, "6");
	hostile_backend_is(&h, XenbusStateInitWait);
	expect("connected again", 1, hostile_connect(&h));
	make_pages();
	make_all();
}

/* ---- steps ---- */

static void do_show(void)
{
	make_pages();
	repeated_dir = hostile_directory(&h, PAGES, 16);
	refused_dir = hostile_directory(&h, PAGES, 50);
	expect("connected", 1, hostile_connect(&h));
	make_all();
}

static void do_flips(void)
{
	uint32_t before = h.r->events->in_prod;
	int i, n;

	for (n = 0; n < 2; n++) {
		for (i = 0; i < 32; i++)
			put(flip(i % 2 ? FB : OTHER_FB));
		hostile_tell(&h);
		for (i = 0; i < 32; i++)
			expect("flip of many: accepted", 0, hostile_answer(&h));
	}
	for (i = 0; i < 500 && h.r->events->in_prod - before < 64; i++)
		usleep(10000);
	expect("flips: one event each", 64,
	       (int)(h.r->events->in_prod - before));
}

static void do_destroys(void)
{
	int i;

	for (i = 0; i < 5; i++) {
		ask("DBUF_DESTROY of what is shown: accepted", 0,
		    destroy(BUFFER));
		ask("PG_FLIP to what was destroyed: ENOENT", -XEN_ENOENT,
		    flip(FB));
		make_buffer(BUFFER, FB, first_dir);
		show_first();
	}
}

/* The next flip waits for the first, and both pictures are gone before they are shown */
static void do_detaches(void)
{
	int i, n;

	for (n = 0; n < 5; n++) {
		put(flip(OTHER_FB));
		put(flip(FB));
		put(detach(OTHER_FB));
		put(detach(FB));
		put(destroy(OTHER));
		hostile_tell(&h);
		for (i = 0; i < 5; i++)
			expect("flips, then what is shown detached: accepted",
			       0, hostile_answer(&h));
		make_buffer(OTHER, OTHER_FB, other_dir);
		ask("FB_ATTACH again: accepted", 0, attach(BUFFER, FB));
		show_first();
	}
}

/* Each is imported by itself */
static void do_aliases(void)
{
	uint64_t i;

	for (i = 0; i < ALIASES; i++)
		ask("another framebuffer of the buffer: attached", 0,
		    attach(OTHER, ALIAS_FB + i));
	for (i = 0; i < ALIASES; i++)
		ask("another framebuffer of the buffer: flip accepted", 0,
		    flip(ALIAS_FB + i));
	ask("buffer of many framebuffers, one shown: destroyed", 0,
	    destroy(OTHER));
	ask("framebuffer of a buffer that is gone: ENOENT", -XEN_ENOENT,
	    detach(ALIAS_FB));
	make_buffer(OTHER, OTHER_FB, other_dir);
	show_first();
}

/*
 * Xen counts the mappings of a page up to 127, and a compositor that draws in software
 * maps each framebuffer: Mesa's llvmpipe ends when it cannot
 */
static void do_repeats(void)
{
	uint64_t i;

	ask("buffer with each page 50 times: ENOSPC", -XEN_ENOSPC,
	    hostile_create(REPEATED, WIDTH, HEIGHT, PAGES * 4096, refused_dir));
	make_buffer(REPEATED, REPEATED_FB, repeated_dir);
	ask("buffer with each page 16 times: flip accepted", 0,
	    flip(REPEATED_FB));
	for (i = 0; i < ALIASES; i++) {
		ask("buffer with each page 16 times: another framebuffer attached",
		    0, attach(REPEATED, ALIAS_FB + i));
		ask("buffer with each page 16 times: flip to it accepted", 0,
		    flip(ALIAS_FB + i));
	}
	ask("buffer with each page 16 times: destroyed", 0, destroy(REPEATED));
	show_first();
}

/* What the output takes, between what must be copied */
static void do_mixes(void)
{
	int i;

	ask("small framebuffer: attached", 0,
	    hostile_attach(BUFFER, SMALL_FB, 64, 16, XR24));
	ask("YUYV framebuffer: attached", 0,
	    hostile_attach(BUFFER, YUYV_FB, WIDTH, HEIGHT, YUYV));
	for (i = 0; i < 5; i++) {
		put(flip(YUYV_FB));
		put(flip(FB));
		put(flip(SMALL_FB));
		put(flip(OTHER_FB));
		hostile_tell(&h);
		expect("flip to YUYV: accepted", 0, hostile_answer(&h));
		expect("flip back: accepted", 0, hostile_answer(&h));
		/* whether or not it is refused */
		expect("flip to a small framebuffer: answered", 1,
		       hostile_answer(&h) <= 0);
		expect("flip to the other: accepted", 0, hostile_answer(&h));
	}
	ask("small framebuffer: detached", 0, detach(SMALL_FB));
	ask("YUYV framebuffer: detached", 0, detach(YUYV_FB));
	show_first();
}

static void do_closes(void)
{
	int i;

	for (i = 0; i < 3; i++) {
		put(flip(OTHER_FB));
		put(flip(FB));
		put(flip(OTHER_FB));
		hostile_tell(&h);
		connect_again();
	}
}

static void do_breaks(void)
{
	h.r->prod += 1000;
	hostile_tell(&h);
	expect("ring that overflows: display closed", 1,
	       hostile_backend_is(&h, XenbusStateClosed));
	connect_again();
}

/* The guest ends the grants of pages that are on screen: Linux keeps them until then */
static void do_unshares(void)
{
	uint32_t *dir;

	xengntshr_unshare(h.shr, pages, PAGES);
	pages = NULL;
	ask("pages taken back: flip accepted", 0, flip(OTHER_FB));
	ask("pages taken back: flip back accepted", 0, flip(FB));
	ask("pages taken back: another framebuffer attached", 0,
	    attach(BUFFER, ALIAS_FB));
	ask("pages taken back: flip to it accepted", 0, flip(ALIAS_FB));
	ask("pages taken back: buffer destroyed", 0, destroy(BUFFER));
	dir = hostile_page(&h, &first_dir);
	pages = xengntshr_share_pages(h.shr, 0, PAGES, first_refs, 1);
	expect("pages taken back: others shared", 1, pages != NULL);
	memcpy(dir + 1, first_refs, sizeof(first_refs));
	make_buffer(BUFFER, FB, first_dir);
	show_first();
}

static const struct {
	const char *name;
	void (*run)(void);
} steps[] = {
	{ "show", do_show },	     { "flips", do_flips },
	{ "destroys", do_destroys }, { "detaches", do_detaches },
	{ "aliases", do_aliases },   { "repeats", do_repeats },
	{ "mixes", do_mixes },	     { "closes", do_closes },
	{ "breaks", do_breaks },     { "unshares", do_unshares },
};

static void write_node(const char *path, const char *value)
{
	xs_write(h.xs, XBT_NULL, path, value, (unsigned int)strlen(value));
}

static void run_step(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].name, name))
			continue;
		good = true;
		steps[i].run();
		hostile_check(&h, name, good, 0);
		write_node("data/did", name);
	}
}

int main(void)
{
	char last[32] = "", *name;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (hostile_open(&h))
		return 1;
	write_node("data/step", "");
	write_node("data/ready", "1");
	for (;;) {
		name = xs_read(h.xs, XBT_NULL, "data/step", NULL);
		if (name && strcmp(name, last)) {
			snprintf(last, sizeof(last), "%s", name);
			run_step(last);
		}
		free(name);
		usleep(100000);
	}
}
