// SPDX-License-Identifier: GPL-2.0-only
/* Windows at a compositor that the test controls */
#include "fake_window.h"

#include <stdio.h>

static void shows_picture(void **state)
{
	struct xd_image *a;
	char text[160];
	uint32_t w, h;

	/* before the compositor has announced its globals */
	a = import(XR24, W, H);
	assert_int_equal(o->ops->show(o, a, 0, 0), 0);
	soon(seen.shown);
	assert_true(seen.is_dmabuf);
	assert_int_equal(seen.fourcc, XR24);
	assert_int_equal(seen.buffer_width, W);
	assert_int_equal(seen.buffer_height, H);
	assert_int_equal(seen.offset, OFFSET);
	assert_int_equal(seen.pitch, W * 4);
	assert_true(seen.modifier == 0x00ffffffffffffffULL);
	assert_string_equal(seen.title, "Work");
	assert_string_equal(seen.app_id, "xen.work");
	assert_int_equal(seen.dest_width, W);
	o->ops->describe(o, text, sizeof(text), &w, &h);
	assert_non_null(strstr(text, path));
	assert_int_equal(w, W);
	assert_int_equal(h, H);
	o->ops->off(o);
	soon(!comp.surfaces);
	assert_int_equal(win.done, 0);
	/* and once more */
	assert_int_equal(o->ops->show(o, a, 0, 0), 0);
	soon(seen.shown);
	o->ops->off(o);
	o->ops->release(o, a);
}

/* Done when the buffer before is released and a frame was drawn, not earlier */
static void flip_waits_for_release_and_frame(void **state)
{
	struct xd_image *a = import(XR24, W, H), *b = import(XR24, W, H);

	o->ops->show(o, a, 0, 0);
	soon(seen.shown);
	assert_int_equal(o->ops->flip(o, b), 0);
	soon(win.done == 1);
	comp.hold = true;
	o->ops->flip(o, a);
	soon(comp.commits == 4);
	run_for(100);
	assert_int_equal(win.done, 1);
	compositor_release();
	soon(win.done == 2);
	comp.hold = false;
	comp.hidden = true;
	o->ops->flip(o, b);
	soon(comp.commits == 5);
	run_for(50);
	assert_int_equal(win.done, 2);
	compositor_draw();
	soon(win.done == 3);
	/* the same again: its content has changed */
	comp.hidden = false;
	o->ops->flip(o, b);
	soon(win.done == 4);
	o->ops->off(o);
	o->ops->release(o, a);
	o->ops->release(o, b);
	assert_int_equal(win.refused, 0);
}

/* No frames are drawn for a hidden window, and the guest goes on slowly */
static void hidden_window_flips_slowly(void **state)
{
	struct xd_image *a = import(XR24, W, H), *b = import(XR24, W, H);
	uint64_t began;
	unsigned int i;

	comp.hidden = true;
	o->ops->show(o, a, 0, 0);
	soon(seen.shown);
	began = xdc_now();
	for (i = 1; i <= 4; i++) {
		o->ops->flip(o, i % 2 ? b : a);
		soon(win.done == i);
	}
	assert_true(xdc_now() - began >= 900 * XDC_NS_PER_MS);
	/* one frame callback at a time */
	assert_int_equal(comp.frames_pending, 1);
	comp.hidden = false;
	compositor_draw();
	run_for(20);
	o->ops->flip(o, b);
	soon(win.done == 5);
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
	soon(seen.shown);
	began = xdc_now();
	o->ops->flip(o, b);
	run_for(1900);
	assert_int_equal(win.done, 0);
	run_for(200);
	soon(win.done == 1);
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
	soon(win.refused == 1);
	assert_string_equal(win.why, "the compositor cannot use the dma-buf");
	assert_ptr_equal(win.refused_image, a);
	assert_false(seen.shown);
	/* shared memory cannot be refused */
	assert_int_equal(o->ops->shadow(o, &copy), 0);
	assert_int_equal(copy->width, W);
	assert_int_equal(copy->height, H);
	*(uint32_t *)copy->pixels = 0x00abcdef;
	o->ops->show(o, copy, 0, 0);
	soon(seen.shown);
	assert_false(seen.is_dmabuf);
	assert_int_equal(seen.first_pixel, 0x00abcdef);
	/* refused in a flip: no flip_done() */
	a = import(XR24, W, H);
	assert_int_equal(o->ops->flip(o, a), 0);
	soon(win.refused == 2);
	run_for(400);
	assert_int_equal(win.done, 0);
	o->ops->flip(o, copy);
	soon(win.done == 1);
	o->ops->off(o);
	o->ops->release(o, copy);
}

static void rejects(const struct xd_picture *pic, int err, const char *why)
{
	struct xd_image *a;

	assert_int_equal(o->ops->import(o, pic, &a), err);
	assert_string_equal(o->why, why);
}

/* Pictures that the compositor would refuse are not sent */
static void unusable_pictures_are_rejected(void **state)
{
	struct xd_picture pic;
	struct xd_image *a;

	a = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	soon(seen.shown);
	o->ops->off(o);
	o->ops->release(o, a);
	pic = make_picture(XR15, W, H);
	rejects(&pic, -EOPNOTSUPP, "the compositor takes no dma-bufs in XR15");
	pic = make_picture(XR24, W - 1, H);
	rejects(&pic, -ERANGE, "smaller than the screen");
	pic = make_picture(XR24, W, 1024);
	rejects(&pic, -EINVAL, "larger than its memory");
}

/* GPUs show garbage: rows are a multiple of 64 bytes, or as configured */
static void unaligned_rows_are_rejected(void **state)
{
	static const uint32_t unaligned[] = { 260, 264, 272, 288 };
	struct xd_picture pic = make_picture(XR24, W, H);
	struct xd_image *a;
	char why[80];
	size_t i;

	for (i = 0; i < sizeof(unaligned) / sizeof(unaligned[0]); i++) {
		pic.pitch = unaligned[i];
		snprintf(
			why, sizeof(why),
			"rows of %u bytes are not a multiple of 64 (row-alignment)",
			pic.pitch);
		rejects(&pic, -EINVAL, why);
	}
	pic.pitch = 320;
	assert_int_equal(o->ops->import(o, &pic, &a), 0);
	o->ops->release(o, a);
	close_output();
	policy.row_alignment = 16;
	assert_int_equal(open_output(), 0);
	pic.pitch = 272;
	assert_int_equal(o->ops->import(o, &pic, &a), 0);
	o->ops->release(o, a);
	pic.pitch = 264;
	rejects(&pic, -EINVAL,
		"rows of 264 bytes are not a multiple of 16 (row-alignment)");
	/* any rows */
	close_output();
	policy.row_alignment = 1;
	assert_int_equal(open_output(), 0);
	pic.pitch = 257;
	assert_int_equal(o->ops->import(o, &pic, &a), 0);
	o->ops->release(o, a);
}

/* A part of a larger picture, scaled to the size that is asked for */
static void viewport_follows_configure(void **state)
{
	struct xd_image *a = import(XR24, W + 32, H + 10);

	o->ops->show(o, a, 5, 3);
	soon(seen.shown);
	assert_int_equal(seen.source_x, 5);
	assert_int_equal(seen.source_y, 3);
	assert_int_equal(seen.source_width, W);
	assert_int_equal(seen.source_height, H);
	/* the part stays within the picture */
	o->ops->show(o, a, 1000, 1000);
	soon(seen.source_x == 32);
	assert_int_equal(seen.source_y, 10);
	comp.width = 300;
	comp.height = 100;
	compositor_configure();
	soon(seen.dest_width == 300);
	assert_int_equal(seen.dest_height, 100);
	comp.fullscreen = true;
	compositor_configure();
	soon(seen.dest_width == 200);
	assert_int_equal(seen.dest_height, 100);
	comp.height = 300;
	compositor_configure();
	soon(seen.dest_height == 150);
	assert_int_equal(seen.dest_width, 300);
	o->ops->off(o);
	o->ops->release(o, a);
}

static void feedback_limits_formats(void **state)
{
	struct xd_image *a, *b;
	struct xd_picture pic = make_picture(XR24, W, H);
	struct xd_picture pic15 = make_picture(XR15, W, H);

	a = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	/* imported before the formats were known, and refused then */
	soon(win.refused == 1);
	assert_int_equal(o->ops->import(o, &pic, &a), -EOPNOTSUPP);
	b = import(RG16, W, H);
	o->ops->show(o, b, 0, 0);
	soon(seen.shown);
	assert_int_equal(seen.fourcc, RG16);
	assert_true(seen.modifier == 0);
	/* later the compositor announces others */
	assert_int_equal(o->ops->import(o, &pic15, &a), 0);
	o->ops->release(o, a);
	compositor_feedback(XR15);
	run_for(20);
	assert_int_equal(o->ops->import(o, &pic15, &a), -EOPNOTSUPP);
	o->ops->off(o);
	o->ops->release(o, b);
}

static void reconnect_with_table(enum compositor_table table)
{
	close_output();
	comp.table = table;
	assert_int_equal(open_output(), 0);
	run_for(50);
}

/* The compositor's file must not end or block the daemon */
static void table_that_is_too_short(void **state)
{
	struct xd_picture pic = make_picture(RG16, W, H);
	struct xd_image *a;

	reconnect_with_table(TABLE_SHORT);
	assert_int_equal(o->ops->import(o, &pic, &a), -EOPNOTSUPP);
	reconnect_with_table(TABLE_EMPTY);
	assert_int_equal(o->ops->import(o, &pic, &a), -EOPNOTSUPP);
	reconnect_with_table(TABLE_PIPE);
	assert_int_equal(o->ops->import(o, &pic, &a), -EOPNOTSUPP);
	reconnect_with_table(TABLE_WHOLE);
	assert_int_equal(o->ops->import(o, &pic, &a), 0);
	o->ops->release(o, a);
	assert_int_equal(win.lost, 0);
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

#define feedback_test(name) \
	cmocka_unit_test_setup_teardown(name, set_up_feedback, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(shows_picture),
		test(flip_waits_for_release_and_frame),
		test(hidden_window_flips_slowly),
		test(kept_buffer_times_out),
		test(refused_picture_is_copied),
		test(unusable_pictures_are_rejected),
		test(unaligned_rows_are_rejected),
		feedback_test(feedback_limits_formats),
		feedback_test(table_that_is_too_short),
		test(viewport_follows_configure),
	};
	int failed;

	if (begin_windows())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	end_windows();
	return failed;
}
