// SPDX-License-Identifier: GPL-2.0-only
/* Pictures that an output refuses, or that break it, and why they are copied then */
#include "fake_screen.h"

#include <stdio.h>

/* The output ends with all that it shows and is to show */
static void lose(void)
{
	out.under_way = false;
	out.shown = out.coming = NULL;
	out.output.lost(&out.output);
}

/* The output is lost and opened again; the guest's picture is shown at once */
static void lose_and_open(void)
{
	out.under_way = false;
	out.shown = NULL;
	out.output.lost(&out.output);
	assert_int_equal(rooms, 1);
	rooms = 0;
	s->pause = 0;
	xd_screen_look(s);
	run_for(350);
	assert_int_equal(out.kind, XD_OUTPUT_KMS);
}

static void picture_that_broke_output_copied_afterwards(void **state)
{
	struct xd_fb_desc desc = fbs[0]->desc;
	struct xd_fb *wider;

	xd_screen_show(s, fbs[0], 0, 0);
	out.output.broke(&out.output, out.shown, "error 7: cannot import");
	lose_and_open();
	assert_non_null(out.shown->pixels);
	assert_string_equal(
		s->views.why_copied,
		"XR24 4x4 pitch 16: has broken this output: error 7: cannot import");
	/* a new framebuffer of the kind, but no other */
	xd_screen_flip(s, fbs[1]);
	run_until_flip();
	assert_non_null(out.coming->pixels);
	land();
	desc.cookie = 9;
	desc.pitch = 64;
	assert_int_equal(
		xd_fb_create(&frontend.fbs, &guest, &dbuf, &desc, &wider), 0);
	xd_screen_flip(s, wider);
	assert_null(out.coming->pixels);
	land();
	/* nor at another target */
	out.new_import -= 10 * XDC_NS_PER_S;
	out.target = "elsewhere";
	lose_and_open();
	xd_screen_flip(s, fbs[2]);
	assert_null(out.coming->pixels);
	land();
	/* the guest's display connects again */
	out.target = "somewhere";
	xd_screen_fini(s);
	assert_int_equal(
		xd_screen_init(s, &loop, &guest, 0, SIDE, SIDE, &policy), 0);
	set_callbacks();
	xd_screen_show(s, fbs[3], 0, 0);
	run_for(20);
	assert_non_null(out.shown->pixels);
}

static void unknown_picture_that_broke_output_all_copied(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	out.output.broke(&out.output, NULL, "error 1");
	lose_and_open();
	assert_non_null(out.shown->pixels);
	assert_non_null(xd_distrust_find(&guest.distrusts, "somewhere", "any"));
	assert_null(xd_distrust_find(&guest.distrusts, "elsewhere", "any"));
}

/* More kinds than can be remembered */
static void guest_that_breaks_every_kind_copied_everywhere(void **state)
{
	struct xd_distrusts *d = &guest.distrusts;
	char kind[8];
	unsigned int i;

	for (i = 0; i < 20; i++) {
		snprintf(kind, sizeof(kind), "kind %u", i);
		xd_distrust_add(d, "here", kind, "why");
		/* what is known is not counted again */
		xd_distrust_add(d, "here", kind, "why");
		assert_int_equal(d->nr, i < 8 ? i + 1 : 8);
	}
	assert_non_null(xd_distrust_find(d, "there", "other"));
}

/* A compositor may not survive that it cannot map a picture */
static void picture_with_a_page_twice_copied_where_it_is_mapped(void **state)
{
	repeats = true;
	xd_screen_show(s, fbs[0], 0, 0);
	assert_null(out.shown->pixels);
	out.output.maps_images = true;
	xd_screen_flip(s, fbs[1]);
	run_until_flip();
	assert_non_null(out.coming->pixels);
	assert_string_equal(
		s->views.why_copied,
		"XR24 4x4 pitch 16: the guest has granted a page of it more than once");
	land();
	/* not for ever: a buffer of before may have been what has the page, too */
	repeats = false;
	run_for(1100);
	xd_screen_flip(s, fbs[1]);
	run_until_flip();
	assert_null(out.coming->pixels);
	land();
}

static void
fifth_framebuffer_of_a_buffer_copied_where_it_is_mapped(void **state)
{
	int i;

	out.output.maps_images = true;
	xd_screen_show(s, fbs[0], 0, 0);
	assert_null(out.shown->pixels);
	for (i = 1; i < 4; i++) {
		xd_screen_flip(s, fbs[i]);
		assert_null(out.coming->pixels);
		land();
	}
	assert_int_equal(dbuf.images, 4);
	xd_screen_flip(s, fbs[4]);
	run_until_flip();
	assert_non_null(out.coming->pixels);
	assert_string_equal(
		s->views.why_copied,
		"XR24 4x4 pitch 16: its buffer is shown in other framebuffers");
	land();
}

/* A compositor that crashes at a picture, and sends no error */
static void output_that_ends_twice_soon_copied(void **state)
{
	xd_screen_show(s, fbs[0], 0, 0);
	lose_and_open();
	assert_null(out.shown->pixels);
	/* the first output had shown it for long */
	out.new_import -= 10 * XDC_NS_PER_S;
	lose_and_open();
	assert_null(out.shown->pixels);
	lose_and_open();
	assert_null(out.shown->pixels);
	lose_and_open();
	assert_non_null(out.shown->pixels);
	assert_non_null(strstr(s->views.why_copied, "ended twice"));
}

static void lose_off_and_open(void)
{
	lose();
	xd_screen_show(s, NULL, 0, 0);
	s->pause = 0;
	xd_screen_look(s);
	run_for(350);
	assert_int_equal(out.kind, XD_OUTPUT_KMS);
}

/* The guest waits before it shows the picture at which the compositor crashes */
static void output_that_ends_twice_soon_after_picture_copied(void **state)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		s->opened -= 10 * XDC_NS_PER_S;
		xd_screen_show(s, fbs[0], 0, 0);
		assert_null(out.shown->pixels);
		lose_off_and_open();
	}
	xd_screen_show(s, fbs[0], 0, 0);
	run_for(20);
	assert_non_null(out.shown->pixels);
}

/* Two windows of the guest, at the connection that has ended */
static void end_of_connection_counted_once(void **state)
{
	uint64_t at;

	xd_screen_show(s, fbs[0], 0, 0);
	at = out.new_import;
	lose_off_and_open();
	out.new_import = at;
	lose_off_and_open();
	xd_screen_show(s, fbs[0], 0, 0);
	assert_null(out.shown->pixels);
	lose_off_and_open();
	xd_screen_show(s, fbs[0], 0, 0);
	run_for(20);
	assert_non_null(out.shown->pixels);
}

/* The guest's display connects again after each crash */
static void ends_of_output_counted_over_reconnects(void **state)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		xd_screen_show(s, fbs[0], 0, 0);
		assert_null(out.shown->pixels);
		lose();
		xd_screen_fini(s);
		assert_int_equal(xd_screen_init(s, &loop, &guest, 0, SIDE, SIDE,
						&policy),
				 0);
		set_callbacks();
	}
	xd_screen_show(s, fbs[0], 0, 0);
	run_for(20);
	assert_non_null(out.shown->pixels);
}

static void reason_of_output_reaches_status(void **state)
{
	out.import_err = -EINVAL;
	out.why = "rows of 260 bytes";
	xd_screen_show(s, fbs[0], 0, 0);
	assert_string_equal(s->views.why_copied,
			    "XR24 4x4 pitch 16: rows of 260 bytes");
	/* the next one has no words of its own */
	out.why = "";
	xd_screen_show(s, fbs[1], 0, 0);
	assert_string_equal(s->views.why_copied,
			    "XR24 4x4 pitch 16: Invalid argument");
}

static void leave_reason(void)
{
	snprintf(out.output.why, sizeof(out.output.why), "of another picture");
}

/* The output refuses an image that was released meanwhile */
static void refuse_released(void)
{
	leave_reason();
	out.output.refused(&out.output, (struct xd_image *)&dbuf, -EIO);
}

static void expect_reason(int err)
{
	char text[100];

	snprintf(text, sizeof(text), "XR24 4x4 pitch 16: %s", strerror(err));
	assert_string_equal(s->views.why_copied, text);
	s->views.why_copied[0] = '\0';
}

/* That of a released image, or of an error that a copy would not have avoided */
static void older_reason_of_output_not_used(void **state)
{
	struct xd_image *image;

	xd_screen_show(s, fbs[0], 0, 0);
	refuse_released();
	out.import_err = -ENOMEM;
	xd_screen_flip(s, fbs[1]);
	expect_reason(ENOMEM);
	run_until_flip();
	land();
	out.import_err = 0;
	leave_reason();
	out.flip_err = -EINVAL;
	xd_screen_flip(s, fbs[0]);
	expect_reason(EINVAL);
	run_until_flip();
	land();
	leave_reason();
	out.show_err = -ERANGE;
	xd_screen_show(s, fbs[2], 0, 0);
	expect_reason(ERANGE);
	/* one that comes later, without words */
	out.show_err = 0;
	xd_screen_show(s, fbs[3], 0, 0);
	refuse_released();
	image = out.shown;
	out.shown = NULL;
	out.output.refused(&out.output, image, -EPERM);
	expect_reason(EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(picture_that_broke_output_copied_afterwards),
		test(unknown_picture_that_broke_output_all_copied),
		test(guest_that_breaks_every_kind_copied_everywhere),
		test(picture_with_a_page_twice_copied_where_it_is_mapped),
		test(fifth_framebuffer_of_a_buffer_copied_where_it_is_mapped),
		test(output_that_ends_twice_soon_copied),
		test(output_that_ends_twice_soon_after_picture_copied),
		test(end_of_connection_counted_once),
		test(ends_of_output_counted_over_reconnects),
		test(reason_of_output_reaches_status),
		test(older_reason_of_output_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
