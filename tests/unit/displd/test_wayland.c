// SPDX-License-Identifier: GPL-2.0-only
/* Windows at a compositor that the test controls */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "compositor.h"
#include "fake_input.h"
#include "common/log.h"
#include "output/wayland.h"

#define XR24 0x34325258U
#define RG16 0x36314752U
#define XR15 0x35315258U
#define W 64
#define H 32
#define OFFSET 16

static char dir[] = "/tmp/test_wayland.XXXXXX";
static char path[64];
static struct xdc_loop loop;
static struct xd_output *o;
static struct xd_policy policy;
static unsigned int done, lost, refused;
static struct xd_image *refused_image;
static int pixels = -1;

/* ---- the user of the output ---- */

static void close_output(void)
{
	o->ops->destroy(o);
	o = NULL;
}

static void on_done(struct xd_output *output)
{
	assert_ptr_equal(output, o);
	done++;
}

static void on_lost(struct xd_output *output)
{
	assert_ptr_equal(output, o);
	lost++;
	/* as a screen does */
	close_output();
}

static void on_refused(struct xd_output *output, struct xd_image *image,
		       int err)
{
	assert_ptr_equal(output, o);
	assert_true(err < 0);
	refused++;
	refused_image = image;
	o->ops->release(o, image);
}

static int open_output(void)
{
	struct xdc_reason why = { "" };
	int err = xd_wayland_open(&loop, &policy, W, H, &o, &why);

	if (err) {
		assert_string_not_equal(why.text, "");
		o = NULL;
		return err;
	}
	o->flip_done = on_done;
	o->lost = on_lost;
	o->refused = on_refused;
	o->input = &input;
	return 0;
}

static void stop_loop(struct xdc_timer *t)
{
	xdc_loop_stop(&loop);
}

static void run_for(uint64_t ms)
{
	struct xdc_timer timer;

	compositor_flush();
	assert_int_equal(xdc_timer_init(&loop, &timer, stop_loop), 0);
	xdc_timer_in(&timer, ms * XDC_NS_PER_MS);
	loop.stop = false;
	xdc_loop_run(&loop);
	xdc_timer_fini(&timer);
}

/* Waits up to two seconds: the machine may be slow */
#define soon(condition)                                               \
	do {                                                          \
		int tries;                                            \
		for (tries = 0; tries < 200 && !(condition); tries++) \
			run_for(10);                                  \
		assert_true(condition);                               \
	} while (0)

static struct xd_picture make_picture(uint32_t fourcc, uint32_t w, uint32_t h)
{
	const struct xd_format *f = xd_format_find(fourcc);

	return (struct xd_picture){ .dmabuf = pixels,
				    .format = f,
				    .width = w,
				    .height = h,
				    .pitch = w * f->bytes,
				    .offset = OFFSET };
}

static struct xd_image *import(uint32_t fourcc, uint32_t w, uint32_t h)
{
	struct xd_picture pic = make_picture(fourcc, w, h);
	struct xd_image *image;

	assert_int_equal(o->ops->import(o, &pic, &image), 0);
	return image;
}

static int set_up(void **state)
{
	memset(&comp, 0, sizeof(comp));
	memset(&policy, 0, sizeof(policy));
	memset(&input, 0, sizeof(input));
	done = lost = refused = 0;
	events[0] = '\0';
	comp.dmabuf_version = 3;
	snprintf(policy.wayland_display, sizeof(policy.wayland_display), "%s",
		 path);
	strcpy(policy.app_id, "xen.work");
	strcpy(policy.title, "Work");
	if (xdc_loop_init(&loop))
		return -1;
	compositor_start(&loop, path);
	return open_output();
}

static int tear_down(void **state)
{
	if (o)
		close_output();
	run_for(10);
	compositor_stop();
	/* the compositor has no objects left */
	assert_int_equal(comp.surfaces, 0);
	assert_int_equal(comp.dmabufs, 0);
	assert_int_equal(comp.params_pending, 0);
	xdc_loop_fini(&loop);
	return 0;
}

/* ---- tests ---- */

static void shows_picture(void **state)
{
	struct xd_image *a;
	char text[160];
	uint32_t w, h;

	/* before the compositor has announced its globals */
	a = import(XR24, W, H);
	assert_int_equal(o->ops->show(o, a, 0, 0), 0);
	soon(comp.shown);
	assert_true(comp.is_dmabuf);
	assert_int_equal(comp.fourcc, XR24);
	assert_int_equal(comp.buffer_width, W);
	assert_int_equal(comp.buffer_height, H);
	assert_int_equal(comp.offset, OFFSET);
	assert_int_equal(comp.pitch, W * 4);
	assert_true(comp.modifier == 0x00ffffffffffffffULL);
	assert_string_equal(comp.title, "Work");
	assert_string_equal(comp.app_id, "xen.work");
	assert_int_equal(comp.dest_width, W);
	o->ops->describe(o, text, sizeof(text), &w, &h);
	assert_non_null(strstr(text, path));
	assert_int_equal(w, W);
	assert_int_equal(h, H);
	o->ops->off(o);
	soon(!comp.surfaces);
	assert_int_equal(done, 0);
	/* and once more */
	assert_int_equal(o->ops->show(o, a, 0, 0), 0);
	soon(comp.shown);
	o->ops->off(o);
	o->ops->release(o, a);
}

/* Done when the buffer before is released and a frame was drawn, not earlier */
static void flip_waits_for_release_and_frame(void **state)
{
	struct xd_image *a = import(XR24, W, H), *b = import(XR24, W, H);

	o->ops->show(o, a, 0, 0);
	soon(comp.shown);
	assert_int_equal(o->ops->flip(o, b), 0);
	soon(done == 1);
	comp.hold = true;
	o->ops->flip(o, a);
	soon(comp.commits == 4);
	run_for(100);
	assert_int_equal(done, 1);
	compositor_release();
	soon(done == 2);
	comp.hold = false;
	comp.hidden = true;
	o->ops->flip(o, b);
	soon(comp.commits == 5);
	run_for(50);
	assert_int_equal(done, 2);
	compositor_draw();
	soon(done == 3);
	/* the same again: its content has changed */
	comp.hidden = false;
	o->ops->flip(o, b);
	soon(done == 4);
	o->ops->off(o);
	o->ops->release(o, a);
	o->ops->release(o, b);
	assert_int_equal(refused, 0);
}

/* No frames are drawn for a hidden window, and the guest goes on slowly */
static void hidden_window_flips_slowly(void **state)
{
	struct xd_image *a = import(XR24, W, H), *b = import(XR24, W, H);
	uint64_t began;
	unsigned int i;

	comp.hidden = true;
	o->ops->show(o, a, 0, 0);
	soon(comp.shown);
	began = xdc_now();
	for (i = 1; i <= 4; i++) {
		o->ops->flip(o, i % 2 ? b : a);
		soon(done == i);
	}
	assert_true(xdc_now() - began >= 900 * XDC_NS_PER_MS);
	/* one frame callback at a time */
	assert_int_equal(comp.frames_pending, 1);
	comp.hidden = false;
	compositor_draw();
	run_for(20);
	o->ops->flip(o, b);
	soon(done == 5);
	o->ops->off(o);
	o->ops->release(o, a);
	o->ops->release(o, b);
}

/* A compositor that never releases buffers: done before the guest's timeout */
static void kept_buffer_times_out(void **state)
{
	struct xd_image *a = import(XR24, W, H), *b = import(XR24, W, H);
	uint64_t began;

	comp.hold = true;
	o->ops->show(o, a, 0, 0);
	soon(comp.shown);
	began = xdc_now();
	o->ops->flip(o, b);
	run_for(1900);
	assert_int_equal(done, 0);
	run_for(200);
	soon(done == 1);
	assert_true(xdc_now() - began < 3000 * XDC_NS_PER_MS);
	o->ops->off(o);
	o->ops->release(o, a);
	o->ops->release(o, b);
}

static void refused_picture_is_copied(void **state)
{
	struct xd_image *a = import(XR24, W, H), *copy;

	comp.refuse = true;
	o->ops->show(o, a, 0, 0);
	soon(refused == 1);
	assert_ptr_equal(refused_image, a);
	assert_false(comp.shown);
	/* shared memory cannot be refused */
	assert_int_equal(o->ops->shadow(o, &copy), 0);
	assert_int_equal(copy->width, W);
	assert_int_equal(copy->height, H);
	*(uint32_t *)copy->pixels = 0x00abcdef;
	o->ops->show(o, copy, 0, 0);
	soon(comp.shown);
	assert_false(comp.is_dmabuf);
	assert_int_equal(comp.first_pixel, 0x00abcdef);
	/* refused in a flip: no flip_done() */
	a = import(XR24, W, H);
	assert_int_equal(o->ops->flip(o, a), 0);
	soon(refused == 2);
	run_for(400);
	assert_int_equal(done, 0);
	o->ops->flip(o, copy);
	soon(done == 1);
	o->ops->off(o);
	o->ops->release(o, copy);
}

/* Pictures that the compositor would refuse are not sent */
static void unusable_pictures_are_rejected(void **state)
{
	struct xd_picture pic;
	struct xd_image *a;

	a = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	soon(comp.shown);
	o->ops->off(o);
	o->ops->release(o, a);
	pic = make_picture(XR15, W, H);
	assert_int_equal(o->ops->import(o, &pic, &a), -EOPNOTSUPP);
	pic = make_picture(XR24, W - 1, H);
	assert_int_equal(o->ops->import(o, &pic, &a), -ERANGE);
	pic = make_picture(XR24, W, 1024);
	assert_int_equal(o->ops->import(o, &pic, &a), -EINVAL);
}

static void feedback_limits_formats(void **state)
{
	struct xd_image *a, *b;
	struct xd_picture pic = make_picture(XR24, W, H);

	a = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	/* imported before the formats were known, and refused then */
	soon(refused == 1);
	assert_int_equal(o->ops->import(o, &pic, &a), -EOPNOTSUPP);
	b = import(RG16, W, H);
	o->ops->show(o, b, 0, 0);
	soon(comp.shown);
	assert_int_equal(comp.fourcc, RG16);
	assert_true(comp.modifier == 0);
	o->ops->off(o);
	o->ops->release(o, b);
}

static int set_up_feedback(void **state)
{
	set_up(state);
	close_output();
	compositor_stop();
	comp.dmabuf_version = 4;
	compositor_start(&loop, path);
	return open_output();
}

/* A part of a larger picture, scaled to the size that is asked for */
static void viewport_follows_configure(void **state)
{
	struct xd_image *a = import(XR24, W + 20, H + 10);

	o->ops->show(o, a, 5, 3);
	soon(comp.shown);
	assert_int_equal(comp.source_x, 5);
	assert_int_equal(comp.source_y, 3);
	assert_int_equal(comp.source_width, W);
	assert_int_equal(comp.source_height, H);
	/* the part stays within the picture */
	o->ops->show(o, a, 1000, 1000);
	soon(comp.source_x == 20);
	assert_int_equal(comp.source_y, 10);
	comp.width = 300;
	comp.height = 100;
	compositor_configure();
	soon(comp.dest_width == 300);
	assert_int_equal(comp.dest_height, 100);
	comp.fullscreen = true;
	compositor_configure();
	soon(comp.dest_width == 200);
	assert_int_equal(comp.dest_height, 100);
	comp.height = 300;
	compositor_configure();
	soon(comp.dest_height == 150);
	assert_int_equal(comp.dest_width, 300);
	o->ops->off(o);
	o->ops->release(o, a);
}

static void compositor_restarts(void **state)
{
	struct xd_image *a = import(XR24, W, H);

	o->ops->show(o, a, 0, 0);
	soon(comp.shown);
	comp.hold = true;
	o->ops->release(o, a);
	a = import(XR24, W, H);
	o->ops->flip(o, a);
	compositor_stop();
	/* the user of the output releases images before the output closes */
	o->ops->release(o, a);
	soon(lost == 1);
	assert_null(o);
	assert_int_equal(open_output(), -EAGAIN);
	unlink(path);
	assert_int_equal(open_output(), -EAGAIN);
	comp.hold = false;
	compositor_start(&loop, path);
	assert_int_equal(open_output(), 0);
	a = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	soon(comp.shown);
	o->ops->off(o);
	o->ops->release(o, a);
	assert_int_equal(lost, 1);
}

/* It accepts the connection and sends nothing */
static void silent_compositor_is_lost(void **state)
{
	struct xd_image *a, *b;

	close_output();
	compositor_stop();
	compositor_mute(path);
	assert_int_equal(open_output(), 0);
	a = import(XR24, W, H);
	b = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	/* flips are done meanwhile */
	o->ops->flip(o, b);
	soon(done == 1);
	o->ops->flip(o, a);
	soon(done == 2);
	o->ops->release(o, b);
	o->ops->off(o);
	o->ops->release(o, a);
	run_for(5000);
	soon(lost == 1);
	compositor_mute(NULL);
}

/* Released while the compositor still makes a buffer of the picture */
static void released_before_buffer_exists(void **state)
{
	struct xd_image *a = import(XR24, W, H);

	comp.slow = true;
	o->ops->show(o, a, 0, 0);
	soon(comp.params_pending == 1);
	run_for(20);
	o->ops->off(o);
	o->ops->release(o, a);
	run_for(20);
	compositor_answer();
	soon(comp.params_pending == 0);
	/* no buffer holds the guest's memory */
	soon(comp.dmabufs == 0);
	/* and a request that is never answered */
	a = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	soon(comp.params_pending == 1);
	o->ops->off(o);
	o->ops->release(o, a);
}

static void expect_events(const char *what)
{
	run_for(20);
	assert_string_equal(events, what);
	events[0] = '\0';
}

static void input_reaches_guest(void **state)
{
	static int listens;
	struct xd_image *a = import(XR24, W, H);

	input.kbd = (struct xd_kbd *)&listens;
	comp.width = 2 * W;
	comp.height = 2 * H;
	o->ops->show(o, a, 0, 0);
	soon(comp.shown);
	compositor_focus(true);
	expect_events("at 2 1, ");
	assert_int_equal(comp.cursors_hidden, 1);
	compositor_key(30, true);
	compositor_key(30, false);
	expect_events("press 30, lift 30, ");
	compositor_pointer(100, 50);
	expect_events("at 50 25, ");
	compositor_wheel(2);
	expect_events("wheel 240, ");
	compositor_touch(7, 20, 10);
	expect_events("touch 0 7 10 5, frame, ");
	compositor_touch_up(7);
	expect_events("touch 2 7 0 0, frame, ");
	compositor_focus(false);
	expect_events("release 1, release 2, ");
	compositor_key(31, true);
	expect_events("");
	/* the window is unmapped while it has the focus */
	compositor_focus(true);
	expect_events("at 2 1, ");
	o->ops->off(o);
	expect_events("release 7, ");
	o->ops->release(o, a);
}

static void windows_share_a_connection(void **state)
{
	struct xd_output *first = o;

	assert_int_equal(open_output(), 0);
	run_for(20);
	assert_int_equal(compositor_clients(), 1);
	close_output();
	run_for(20);
	assert_int_equal(compositor_clients(), 1);
	o = first;
	close_output();
	run_for(20);
	assert_int_equal(compositor_clients(), 0);
}

static void display_names(void **state)
{
	close_output();
	unsetenv("XDG_RUNTIME_DIR");
	strcpy(policy.wayland_display, "socket");
	assert_int_equal(open_output(), -EINVAL);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	assert_int_equal(open_output(), 0);
	close_output();
	policy.wayland_display[0] = '\0';
	setenv("WAYLAND_DISPLAY", path, 1);
	assert_int_equal(open_output(), 0);
	close_output();
	unsetenv("WAYLAND_DISPLAY");
	/* wayland-0 */
	assert_int_equal(open_output(), -EAGAIN);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(shows_picture),
		test(flip_waits_for_release_and_frame),
		test(hidden_window_flips_slowly),
		test(kept_buffer_times_out),
		test(refused_picture_is_copied),
		test(unusable_pictures_are_rejected),
		cmocka_unit_test_setup_teardown(feedback_limits_formats,
						set_up_feedback, tear_down),
		test(viewport_follows_configure),
		test(compositor_restarts),
		test(silent_compositor_is_lost),
		test(released_before_buffer_exists),
		test(input_reaches_guest),
		test(windows_share_a_connection),
		test(display_names),
	};
	int failed;

	xdc_log_init(XDC_ERROR, false);
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	pixels = memfd_create("pixels", MFD_CLOEXEC);
	if (ftruncate(pixels, OFFSET + (W + 20) * (H + 10) * 4))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return failed;
}
