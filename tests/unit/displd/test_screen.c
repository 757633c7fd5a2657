// SPDX-License-Identifier: GPL-2.0-only
/* A screen between a guest's flips and an output that is ours to play with */
#include "unit.h"

#include <stdlib.h>

#include <xendmabuf.h>

#include "dbuf.h"
#include "fb.h"
#include "frontend.h"
#include "guest.h"
#include "loop.h"
#include "output.h"
#include "screen.h"

#define SIDE 4

/* ---- the output ---- */

static struct {
	struct xd_output output;
	int import_err, flip_err, show_err, copy_err;
	int images, shows, offs, flips, opened;
	bool under_way;
	struct xd_image *shown, *coming;
	enum xd_output_kind refuse, kind;
	int refuse_err, tries;
} out;

static int import(struct xd_output *o, const struct xd_picture *pic,
		  struct xd_image **image)
{
	(void)o;
	if (out.import_err)
		return out.import_err;
	*image = calloc(1, sizeof(**image));
	(*image)->width = pic->width;
	out.images++;
	return 0;
}

static int shadow(struct xd_output *o, struct xd_image **image)
{
	(void)o;
	*image = calloc(1, sizeof(**image));
	(*image)->width = (*image)->height = SIDE;
	(*image)->pitch = SIDE * 4;
	(*image)->pixels = calloc(SIDE, SIDE * 4);
	out.images++;
	return 0;
}

static void release(struct xd_output *o, struct xd_image *image)
{
	(void)o;
	/* what the header promises to every output */
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
	(void)o;
	(void)x;
	(void)y;
	if (out.show_err && !image->pixels)
		return out.show_err;
	out.shows++;
	out.under_way = false;
	out.shown = image;
	return 0;
}

static void off(struct xd_output *o)
{
	(void)o;
	out.offs++;
	out.under_way = false;
	out.shown = NULL;
}

static int flip(struct xd_output *o, struct xd_image *image)
{
	(void)o;
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
	(void)o;
	(void)buf;
	(void)len;
	*w = *h = SIDE;
}

static void destroy(struct xd_output *o)
{
	(void)o;
	out.opened--;
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
};

int xd_output_open(struct xd_loop *loop, const struct xd_policy *policy,
		   uint32_t w, uint32_t h, struct xd_output **o,
		   const char **why)
{
	(void)loop;
	(void)w;
	(void)h;
	*why = "because";
	out.tries++;
	if (out.refuse == policy->output && out.refuse)
		return out.refuse_err;
	out.kind = policy->output;
	out.output.ops = &ops;
	out.opened++;
	*o = &out.output;
	return 0;
}

void xd_output_close(struct xd_output *o)
{
	if (o)
		o->ops->destroy(o);
}

/* The output has finished its flip */
static void land(void)
{
	assert_true(out.under_way);
	out.under_way = false;
	out.shown = out.coming;
	out.output.flip_done(&out.output);
}

/* ---- the rest ---- */

static struct xd_loop loop;
static struct xd_frontend frontend;
static struct xd_guest guest;
static struct xd_dbuf dbuf;
static struct xd_screen *s;
static struct xd_fb *fbs[5];
static uint32_t pixels[SIDE * SIDE];
static uint64_t told[32];
static unsigned int nr_told;
static int failed;

void xd_guest_log(struct xd_guest *g, enum xd_level level, const char *fmt, ...)
{
	(void)g;
	(void)level;
	(void)fmt;
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

const void *xd_dbuf_pixels(struct xd_dbuf *d)
{
	(void)d;
	return pixels;
}

void xd_dbuf_unmap(struct xd_dbuf *d)
{
	(void)d;
}

int xendmabuf_access_begin(int fd, unsigned int how)
{
	(void)fd;
	(void)how;
	return 0;
}

int xendmabuf_access_end(int fd, unsigned int how)
{
	return xendmabuf_access_begin(fd, how);
}

void xd_frontend_fail(struct xd_frontend *f, const char *why)
{
	(void)f;
	(void)why;
	failed++;
}

static void done(struct xd_screen *screen, uint64_t cookie)
{
	assert_ptr_equal(screen, s);
	told[nr_told++ % 32] = cookie;
}

static void told_is(unsigned int n, uint64_t last)
{
	assert_int_equal(nr_told, n);
	if (n)
		assert_true(told[(n - 1) % 32] == last);
}

static struct xd_policy policy = { .output = XD_OUTPUT_KMS, .zero_copy = true };

static int begin(void **state)
{
	struct xd_fb_desc desc = { .width = SIDE,
				   .height = SIDE,
				   .pitch = SIDE * 4 };
	unsigned int i;

	(void)state;
	memset(&out, 0, sizeof(out));
	memset(&frontend, 0, sizeof(frontend));
	memset(&guest, 0, sizeof(guest));
	memset(&dbuf, 0, sizeof(dbuf));
	nr_told = 0;
	failed = 0;
	dbuf.users = 1;
	frontend.guest = &guest;
	frontend.nr_connectors = 1;
	s = &frontend.connectors[0].screen;
	if (xd_loop_init(&loop) ||
	    xd_screen_init(s, &loop, &frontend, 0, SIDE, SIDE, &policy))
		return -1;
	s->done = done;
	desc.format = xd_format_find(0x34325258);
	for (i = 0; i < 5; i++) {
		desc.cookie = i + 1;
		if (xd_fb_create(&frontend, &dbuf, &desc, &fbs[i]))
			return -1;
		fbs[i]->next = frontend.fbs;
		frontend.fbs = fbs[i];
	}
	return 0;
}

static int end(void **state)
{
	unsigned int i;

	(void)state;
	xd_screen_fini(s);
	xd_screen_fini(s);
	frontend.fbs = NULL;
	for (i = 0; i < 5; i++)
		xd_fb_put(fbs[i]);
	/* nothing is left of anything */
	assert_int_equal(out.images, 0);
	assert_int_equal(out.opened, 0);
	assert_int_equal(dbuf.users, 1);
	assert_int_equal(guest.framebuffers, 0);
	xd_loop_fini(&loop);
	return 0;
}

static void flips(void **state)
{
	(void)state;
	assert_int_equal(xd_screen_flip(s, fbs[0]), -EINVAL);
	assert_int_equal(xd_screen_show(s, fbs[0], 0, 0), 0);
	told_is(0, 0);
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	told_is(0, 0);
	assert_ptr_equal(s->current, fbs[0]);
	land();
	told_is(1, 2);
	assert_ptr_equal(s->current, fbs[1]);
	/* an event that nobody waits for */
	out.output.flip_done(&out.output);
	told_is(1, 2);
	assert_int_equal(s->stats.copied, 0);
	assert_int_equal(s->stats.imported, 2);
}

static void flood(void **state)
{
	(void)state;
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[2]);
	told_is(0, 0);
	/* the newest waits, the one before it is done unseen */
	xd_screen_flip(s, fbs[3]);
	told_is(1, 3);
	assert_int_equal(s->stats.replaced, 1);
	land();
	told_is(2, 2);
	assert_true(out.under_way);
	land();
	told_is(3, 4);
	assert_false(out.under_way);
	assert_ptr_equal(s->current, fbs[3]);
}

static void off_in_flight(void **state)
{
	(void)state;
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[2]);
	/* each that was taken is answered, once and in order */
	assert_int_equal(xd_screen_show(s, NULL, 0, 0), 0);
	told_is(2, 3);
	assert_null(s->current);
	out.output.flip_done(&out.output);
	told_is(2, 3);
	assert_int_equal(xd_screen_flip(s, fbs[2]), -EINVAL);
}

static void forgotten(void **state)
{
	unsigned int users = dbuf.users;

	(void)state;
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	xd_screen_flip(s, fbs[2]);
	/* one that waits */
	xd_screen_forget(s, fbs[2]);
	told_is(1, 3);
	assert_int_equal(out.offs, 0);
	/* one under way: the screen goes off before its memory goes */
	xd_screen_forget(s, fbs[1]);
	told_is(2, 2);
	assert_int_equal(out.offs, 1);
	/* one that is nowhere */
	xd_screen_forget(s, fbs[4]);
	told_is(2, 2);
	xd_screen_show(s, fbs[3], 0, 0);
	xd_screen_forget(s, fbs[3]);
	assert_int_equal(out.offs, 2);
	assert_int_equal(dbuf.users, users);
}

static void copies(void **state)
{
	(void)state;
	out.import_err = -EOPNOTSUPP;
	pixels[5] = 0x00abcdef;
	xd_screen_show(s, fbs[0], 0, 0);
	assert_int_equal(s->stats.copied, 1);
	assert_int_equal(((uint32_t *)out.shown->pixels)[5] & 0xffffff,
			 0xabcdef);
	pixels[5] = 0x00123456;
	xd_screen_flip(s, fbs[1]);
	/* never into what is on the screen */
	assert_ptr_not_equal(out.coming, out.shown);
	assert_int_equal(((uint32_t *)out.shown->pixels)[5] & 0xffffff,
			 0xabcdef);
	land();
	xd_screen_flip(s, fbs[0]);
	assert_ptr_not_equal(out.coming, out.shown);
	land();
	assert_int_equal(out.images, 2);
	/* that one alone: others are tried */
	out.import_err = 0;
	xd_screen_flip(s, fbs[2]);
	land();
	assert_int_equal(s->stats.imported, 1);
	xd_screen_flip(s, fbs[0]);
	land();
	assert_int_equal(s->stats.copied, 4);
	told_is(4, 1);
}

/* Taken in, and then not shown after all */
static void late_refusal(void **state)
{
	(void)state;
	out.show_err = -EINVAL;
	assert_int_equal(xd_screen_show(s, fbs[0], 0, 0), 0);
	assert_int_equal(s->stats.copied, 1);
	assert_int_equal(out.images, 1);
	out.flip_err = -EINVAL;
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	assert_int_equal(s->stats.copied, 2);
	land();
	told_is(1, 2);
}

static void stop(struct xd_timer *t)
{
	(void)t;
	xd_loop_stop(&loop);
}

static void run_for(uint64_t ms)
{
	struct xd_timer timer;

	assert_int_equal(xd_timer_init(&loop, &timer, stop), 0);
	xd_timer_in(&timer, ms * XD_NS_PER_MS);
	loop.stop = false;
	xd_loop_run(&loop);
	xd_timer_fini(&timer);
}

/* An output that cannot flip at the moment does not stop the guest */
static void blind(void **state)
{
	(void)state;
	xd_screen_show(s, fbs[0], 0, 0);
	out.flip_err = -EACCES;
	assert_int_equal(xd_screen_flip(s, fbs[1]), 0);
	told_is(0, 0);
	run_for(100);
	told_is(1, 2);
	assert_int_equal(s->stats.failed, 1);
	out.flip_err = 0;
	xd_screen_flip(s, fbs[2]);
	land();
	told_is(2, 3);
}

static void refreshes(void **state)
{
	(void)state;
	s->policy.refresh = 50;
	xd_screen_show(s, fbs[0], 0, 0);
	run_for(100);
	/* the output reads what the guest writes: nothing to do */
	assert_int_equal(out.flips, 0);
	out.output.needs_flips = true;
	run_for(100);
	assert_int_equal(out.flips, 1);
	run_for(100);
	assert_int_equal(out.flips, 1);
	land();
	run_for(100);
	assert_int_equal(out.flips, 2);
	/* a flip of the guest's in the middle is answered, that one only */
	xd_screen_flip(s, fbs[1]);
	land();
	told_is(0, 0);
	land();
	told_is(1, 2);
	out.output.needs_flips = false;
}

static void lost(void **state)
{
	(void)state;
	xd_screen_show(s, fbs[0], 0, 0);
	xd_screen_flip(s, fbs[1]);
	out.under_way = false;
	out.shown = out.coming = NULL;
	out.output.lost(&out.output);
	told_is(1, 2);
	assert_int_equal(out.opened, 1);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	assert_int_equal(failed, 0);
	assert_int_equal(xd_screen_flip(s, fbs[2]), 0);
	land();
	told_is(2, 3);
}

/* It comes back, and what the guest shows by then is shown */
static void back(void **state)
{
	int tries;

	(void)state;
	xd_screen_show(s, fbs[0], 0, 0);
	out.shown = NULL;
	out.refuse = XD_OUTPUT_KMS;
	out.refuse_err = -EAGAIN;
	out.output.lost(&out.output);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	xd_screen_flip(s, fbs[1]);
	land();
	tries = out.tries;
	run_for(300);
	/* not there yet; it takes longer each time */
	assert_int_equal(out.tries, tries + 1);
	run_for(100);
	assert_int_equal(out.tries, tries + 1);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	/* in the middle of a flip, which is done by this */
	xd_screen_flip(s, fbs[2]);
	told_is(1, 2);
	out.refuse = 0;
	out.shows = 0;
	run_for(700);
	assert_int_equal(out.kind, XD_OUTPUT_KMS);
	told_is(2, 3);
	assert_int_equal(out.shows, 1);
	assert_int_equal(out.opened, 1);
	assert_int_equal(xd_screen_flip(s, fbs[0]), 0);
	land();
	told_is(3, 1);
	tries = out.tries;
	run_for(1200);
	assert_int_equal(out.tries, tries);
}

/* Not there when the guest comes, or never: that is what the error says */
static void away(void **state)
{
	struct xd_screen second;
	int tries;

	(void)state;
	out.refuse = XD_OUTPUT_KMS;
	out.refuse_err = -EAGAIN;
	assert_int_equal(xd_screen_init(&second, &loop, &frontend, 1, SIDE,
					SIDE, &policy),
			 0);
	assert_int_equal(out.kind, XD_OUTPUT_HEADLESS);
	tries = out.tries;
	out.refuse_err = -ENODEV;
	run_for(400);
	assert_int_equal(out.tries, tries + 1);
	run_for(700);
	assert_int_equal(out.tries, tries + 1);
	xd_screen_fini(&second);
}

/* The output says later that it cannot show what it had taken in */
static void refused(void **state)
{
	struct xd_image *image;

	(void)state;
	xd_screen_show(s, fbs[0], 0, 0);
	image = out.shown;
	out.shown = NULL;
	out.output.refused(&out.output, image, -EINVAL);
	assert_int_equal(s->stats.imported, 0);
	assert_int_equal(s->stats.copied, 1);
	assert_non_null(out.shown->pixels);
	/* a flip: it goes on as a copy, and is done once */
	xd_screen_flip(s, fbs[1]);
	image = out.coming;
	out.under_way = false;
	out.output.refused(&out.output, image, -EINVAL);
	told_is(0, 0);
	assert_true(out.under_way);
	assert_non_null(out.coming->pixels);
	land();
	told_is(1, 2);
	/* one that is shown no more: that one alone */
	xd_screen_flip(s, fbs[2]);
	land();
	image = out.shown;
	xd_screen_flip(s, fbs[3]);
	land();
	told_is(3, 4);
	out.output.refused(&out.output, image, -EINVAL);
	assert_null(out.shown->pixels);
	assert_true(fbs[2]->copied[0]);
	/* and one that nobody knows */
	out.output.refused(&out.output, image, -EINVAL);
	assert_false(fbs[3]->copied[0]);
	/* no copy either: the guest goes on, unseen */
	xd_screen_flip(s, fbs[4]);
	image = out.coming;
	out.under_way = false;
	out.copy_err = -EIO;
	out.output.refused(&out.output, image, -EINVAL);
	told_is(3, 4);
	run_for(100);
	told_is(4, 5);
	assert_int_equal(s->stats.failed, 1);
	assert_int_equal(failed, 0);
}

static void screenshot(void **state)
{
	uint32_t shot[SIDE * SIDE];

	(void)state;
	assert_int_equal(xd_screen_shot(s, shot, SIDE * 4, SIDE, SIDE),
			 -ENODATA);
	pixels[3] = 0x00778899;
	xd_screen_show(s, fbs[0], 0, 0);
	assert_int_equal(xd_screen_shot(s, shot, SIDE * 4, SIDE, SIDE), 0);
	assert_int_equal(shot[3] & 0xffffff, 0x778899);
}

/* No card: headless, and the guest does not notice */
static void fallback(void **state)
{
	struct xd_screen second;

	(void)state;
	out.refuse = XD_OUTPUT_KMS;
	out.refuse_err = -ENODEV;
	assert_int_equal(xd_screen_init(&second, &loop, &frontend, 1, SIDE,
					SIDE, &policy),
			 0);
	assert_non_null(second.output);
	xd_screen_fini(&second);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(flips),	  test(flood),	   test(off_in_flight),
		test(forgotten),  test(copies),	   test(late_refusal),
		test(blind),	  test(refreshes), test(lost),
		test(screenshot), test(fallback),  test(back),
		test(away),	  test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
