// SPDX-License-Identifier: GPL-2.0-only
#include "fake_screen.h"

#include <stdio.h>
#include <stdlib.h>

#include <xendmabuf.h>

/* ---- the output ---- */

struct fake_output out;

static int import(struct xd_output *o, const struct xd_picture *pic,
		  struct xd_image **image)
{
	uint64_t end = xdc_now() + out.import_takes;

	while (xdc_now() < end)
		;
	if (out.import_err) {
		if (*out.why)
			snprintf(o->why, sizeof(o->why), "%s", out.why);
		return out.import_err;
	}
	*image = calloc(1, sizeof(**image));
	(*image)->width = pic->width;
	out.images++;
	return 0;
}

static int shadow(struct xd_output *o, struct xd_image **image)
{
	*image = calloc(1, sizeof(**image));
	(*image)->width = (*image)->height = out.side;
	(*image)->pitch = out.side * 4;
	(*image)->pixels = calloc(out.side, (size_t)out.side * 4);
	out.images++;
	return 0;
}

static void release(struct xd_output *o, struct xd_image *image)
{
	/* promised to every output in output.h */
	assert_ptr_not_equal(image, out.shown);
	if (out.under_way)
		assert_ptr_not_equal(image, out.coming);
	free(image->pixels);
	free(image);
	out.images--;
}

static int show(struct xd_output *o, struct xd_image *image, uint32_t x,
		uint32_t y)
{
	out.x = x;
	out.y = y;
	if (out.show_err && !image->pixels)
		return out.show_err;
	if (out.show_copy_err && image->pixels)
		return out.show_copy_err;
	out.shows++;
	if (!image->pixels)
		out.new_import = xdc_now();
	out.under_way = false;
	out.shown = image;
	return 0;
}

static void off(struct xd_output *o)
{
	out.offs++;
	out.under_way = false;
	out.shown = NULL;
}

static int flip(struct xd_output *o, struct xd_image *image)
{
	assert_false(out.under_way);
	if (out.flip_err && !image->pixels)
		return out.flip_err;
	if (out.copy_err && image->pixels)
		return out.copy_err;
	out.flips++;
	out.under_way = true;
	out.coming = image;
	return 0;
}

static void describe(const struct xd_output *o, char *buf, size_t len,
		     uint32_t *w, uint32_t *h)
{
	snprintf(buf, len, "fake");
	*w = *h = SIDE;
}

static void destroy(struct xd_output *o)
{
	out.opened--;
}

static const char *target(const struct xd_output *o)
{
	return out.kind == XD_OUTPUT_HEADLESS ? "headless" : out.target;
}

static bool is_full(const struct xd_output *o)
{
	return out.full;
}

static uint64_t new_import(const struct xd_output *o)
{
	return out.new_import;
}

static const struct xd_output_ops ops = {
	.name = "fake",
	.destroy = destroy,
	.import = import,
	.shadow = shadow,
	.release = release,
	.show = show,
	.off = off,
	.flip = flip,
	.describe = describe,
	.target = target,
	.is_full = is_full,
	.new_import = new_import,
};

int xd_output_open(struct xdc_loop *l, struct xd_owner *owner,
		   const struct xd_policy *p, uint32_t w, uint32_t h,
		   struct xd_output **o, struct xdc_reason *why)
{
	assert_ptr_equal(owner, &guest.owner);
	xdc_reason_set(why, 0, "because");
	out.tries++;
	if (out.refuse_all || (out.refuse == p->output && out.refuse))
		return out.refuse_err;
	out.kind = p->output;
	out.output.ops = &ops;
	out.output.why[0] = '\0';
	out.new_import = 0;
	out.opened++;
	*o = &out.output;
	return 0;
}

void xd_output_close(struct xd_output *o)
{
	if (o)
		o->ops->destroy(o);
}

void land(void)
{
	assert_true(out.under_way);
	out.under_way = false;
	out.shown = out.coming;
	out.output.flip_done(&out.output);
}

/* ---- the rest ---- */

struct xdc_loop loop;
struct xd_frontend frontend;
struct xd_guest guest;
struct xd_dbuf dbuf;
bool repeats;
struct xd_screen *s;
struct xd_fb *fbs[5];
uint32_t pixels[SIDE * SIDE];
static uint64_t told[32];
static unsigned int nr_told;
int failed, inputs, infos, rooms;
int reads, ended_reads;
char logged[400];

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
	infos += level == XDC_INFO;
}

int xd_guest_charge_framebuffer(struct xd_guest *g)
{
	g->framebuffers++;
	return 0;
}

void xd_guest_uncharge_framebuffer(struct xd_guest *g)
{
	g->framebuffers--;
}

void xd_dbuf_get(struct xd_dbuf *d)
{
	d->users++;
}

void xd_dbuf_put(struct xd_dbuf *d)
{
	d->users--;
}

bool xd_dbuf_repeats(const struct xd_dbuf *d)
{
	return repeats;
}

const void *xd_dbuf_pixels(struct xd_dbuf *d)
{
	return pixels;
}

void xd_dbuf_unmap(struct xd_dbuf *d)
{
}

int xendmabuf_access_begin(int fd, unsigned int how)
{
	assert_int_equal(fd, dbuf.fd);
	assert_int_equal(how, XENDMABUF_READ);
	reads++;
	return 0;
}

int xendmabuf_access_end(int fd, unsigned int how)
{
	assert_int_equal(fd, dbuf.fd);
	ended_reads++;
	return 0;
}

static void count_failed(struct xd_screen *screen, const char *why)
{
	failed++;
}

static void count_inputs(struct xd_screen *screen)
{
	assert_ptr_equal(screen->guest, &guest);
	inputs++;
}

static void count_rooms(struct xd_screen *screen)
{
	assert_ptr_equal(screen->guest, &guest);
	rooms++;
}

static void done(struct xd_screen *screen, uint64_t cookie)
{
	assert_ptr_equal(screen, s);
	told[nr_told++ % 32] = cookie;
}

void told_is(unsigned int n, uint64_t last)
{
	assert_int_equal(nr_told, n);
	if (n)
		assert_true(told[(n - 1) % 32] == last);
}

struct xd_policy policy = { .output = XD_OUTPUT_KMS, .zero_copy = true };

void set_callbacks(void)
{
	s->done = done;
	s->failed = count_failed;
	s->changed = count_inputs;
	s->room = count_rooms;
}

int begin(void **state)
{
	struct xd_fb_desc desc = { .width = SIDE,
				   .height = SIDE,
				   .pitch = SIDE * 4 };
	unsigned int i;

	memset(&out, 0, sizeof(out));
	out.side = SIDE;
	memset(&frontend, 0, sizeof(frontend));
	memset(&guest, 0, sizeof(guest));
	memset(&dbuf, 0, sizeof(dbuf));
	nr_told = 0;
	repeats = false;
	failed = inputs = rooms = reads = ended_reads = 0;
	out.target = "somewhere";
	out.why = "";
	dbuf.users = 1;
	frontend.guest = &guest;
	frontend.nr_connectors = 1;
	s = &frontend.connectors[0].screen;
	if (xdc_loop_init(&loop) ||
	    xd_screen_init(s, &loop, &guest, 0, SIDE, SIDE, &policy))
		return -1;
	set_callbacks();
	infos = 0;
	desc.format = xd_format_find(0x34325258);
	for (i = 0; i < 5; i++) {
		desc.cookie = i + 1;
		if (xd_fb_create(&frontend.fbs, &guest, &dbuf, &desc, &fbs[i]))
			return -1;
	}
	return 0;
}

int end(void **state)
{
	xd_screen_fini(s);
	xd_screen_fini(s);
	/* each framebuffer left must have one user, or put would not remove it */
	while (!LIST_EMPTY(&frontend.fbs))
		xd_fb_put(LIST_FIRST(&frontend.fbs));
	/* everything was released */
	assert_int_equal(out.images, 0);
	assert_int_equal(out.opened, 0);
	assert_int_equal(dbuf.users, 1);
	assert_int_equal(dbuf.images, 0);
	assert_int_equal(guest.framebuffers, 0);
	xdc_loop_fini(&loop);
	return 0;
}

static void stop_loop(struct xdc_timer *t)
{
	xdc_loop_stop(&loop);
}

void run_for(uint64_t ms)
{
	struct xdc_timer timer;

	xdc_timer_init(&loop, &timer, stop_loop);
	xdc_timer_in(&timer, ms * XDC_NS_PER_MS);
	loop.stop = false;
	xdc_loop_run(&loop);
	xdc_timer_fini(&timer);
}

void run_until_flip(void)
{
	unsigned int i;

	for (i = 0; i < 1000 && !out.under_way; i++)
		run_for(5);
	assert_true(out.under_way);
}
