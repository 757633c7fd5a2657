// SPDX-License-Identifier: GPL-2.0-only
/* Frames around windows and popups: what the compositor is asked for. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "framed.h"
#include "host/windows/colour.h"
#include "host/windows/frame.h"

#define POPUP_SURFACE 200
#define POPUP_XDG 201
#define POPUP 202
#define CHILD 203

/* The compositor's id of the frame around a surface of the guest; 0: none */
static uint32_t frame_of(uint32_t surface)
{
	const struct xwl_objects *t = &scene.bridge.compositor;
	const struct xwl_object *o = xwl_objects_each(t, 1), *guest;

	for (; o; o = xwl_objects_each(t, o->id + 1)) {
		guest = o->state == XWL_LIVE && !o->peer
				? xwl_frame_guest(&scene.bridge, o)
				: NULL;
		if (guest && guest->id == surface)
			return o->id;
	}
	return 0;
}

static unsigned int count_own(void)
{
	const struct xwl_objects *t = &scene.bridge.compositor;
	const struct xwl_object *o = xwl_objects_each(t, 2);
	unsigned int n = 0;

	for (; o; o = xwl_objects_each(t, o->id + 1))
		n += o->state == XWL_LIVE && !o->peer;
	return n;
}

static void first_commit_has_no_buffer(void **state)
{
	begin(4);
	sends(SURFACE, "commit", NUMBERS(0));
	/* the frame's, and the guest's own */
	assert_string_equal(scene.sent, "wl_surface.commit()\n"
					"wl_surface.commit()\n");
	scene_end();
}

static void strips_are_around_the_window(void **state)
{
	begin(4);
	show();
	expect("wl_subsurface.set_position(4, 4)\n"); /* the guest's surface */
	expect("wp_viewport.set_destination(16, 4)\nwl_subsurface.set_position(0, 0)\n");
	expect("wp_viewport.set_destination(16, 4)\nwl_subsurface.set_position(0, 12)\n");
	expect("wp_viewport.set_destination(4, 8)\nwl_subsurface.set_position(0, 4)\n");
	expect("wp_viewport.set_destination(4, 8)\nwl_subsurface.set_position(12, 4)\n");
	expect("wp_viewport.set_destination(16, 16)\n"); /* the frame itself */
	expect("xdg_surface.set_window_geometry(0, 0, 16, 16)\n");
	/* nothing is laid out anew while nothing has changed */
	show();
	assert_string_equal(scene.sent, "wl_surface.commit()\n"
					"wl_surface.commit()\n");
	scene_end();
}

/* What is stacked last is on top: the strips come after the guest's surface */
static void strips_are_above_the_guest(void **state)
{
	const char *content;

	begin(4);
	sends(COMPOSITOR, "create_surface", NUMBERS(POPUP_SURFACE));
	scene_forget();
	sends(WM_BASE, "get_xdg_surface", NUMBERS(POPUP_XDG, POPUP_SURFACE));
	content = strstr(scene.sent, "wl_subcompositor.get_subsurface");
	assert_non_null(content);
	assert_ptr_equal(strstr(content, "wl_subsurface.set_desync"),
			 strchr(content, '\n') + 1);
	assert_int_equal(count("wl_subcompositor.get_subsurface"), 5);
	scene_end();
}

static void frames_take_no_input(void **state)
{
	begin(4);
	sends(COMPOSITOR, "create_surface", NUMBERS(POPUP_SURFACE));
	scene_forget();
	sends(WM_BASE, "get_xdg_surface", NUMBERS(POPUP_XDG, POPUP_SURFACE));
	assert_int_equal(count("wl_surface.set_input_region"), 5);
	expect_not("wl_region.add");
	scene_end();
}

/* Compositors that scale a buffer up may blend its edges with what is below */
static void colour_is_not_scaled_up(void **state)
{
	begin(4);
	show();
	/* strips of 16 x 4 and 4 x 8; the frame itself is below them */
	expect("wl_shm_pool.create_buffer(");
	expect(", 0, 16, 4, 64, 1)\n");
	expect(", 0, 4, 8, 16, 1)\n");
	expect(", 0, 1, 1, 4, 1)\n");
	assert_int_equal(count("wl_shm.create_pool"), 3);
	/* a window of a similar size has the same buffers, and no size needs many */
	sends(XDG_SURFACE, "set_window_geometry", NUMBERS(0, 0, 7, 7));
	show();
	expect("wp_viewport.set_destination(15, 4)\n");
	expect_not("wl_shm.create_pool");
	scene_end();
}

static void colour_of_huge_strips_is_bounded(void **state)
{
	const struct xwl_object *buffer;

	begin(4);
	scene_forget();
	assert_int_equal(xwl_colour_get(&scene.bridge, 32768, 64, &buffer), 0);
	expect(", 0, 8192, 64, 32768, 1)\n");
	assert_int_equal(xwl_colour_get(&scene.bridge, INT32_MAX, INT32_MAX,
					&buffer),
			 0);
	expect(", 0, 1024, 512, 4096, 1)\n");
	assert_int_equal(xwl_colour_get(&scene.bridge, 1, INT32_MAX, &buffer),
			 0);
	expect(", 0, 1, 524288, 4, 1)\n");
	scene_end();
}

/* Shadows are covered, and do not belong to the window */
static void shadows_are_covered(void **state)
{
	begin(1);
	sends(XDG_SURFACE, "set_window_geometry", NUMBERS(2, 3, 4, 4));
	expect_not("set_window_geometry");
	show();
	/* margins: left 2, top 3, right 2, bottom 1 */
	expect("wl_subsurface.set_position(0, 0)\n");
	expect("wp_viewport.set_destination(8, 3)\n");
	expect("wp_viewport.set_destination(8, 1)\nwl_subsurface.set_position(0, 7)\n");
	expect("wp_viewport.set_destination(2, 4)\nwl_subsurface.set_position(6, 3)\n");
	expect("xdg_surface.set_window_geometry(1, 2, 6, 6)\n");
	scene_end();
}

static void sizes_without_pixels(void **state)
{
	begin(4);
	/* by a viewport, and cut to what the surface has */
	sends(VIEWPORT, "set_destination", NUMBERS(100, 50));
	sends(XDG_SURFACE, "set_window_geometry", NUMBERS(0, 0, 500, 500));
	show();
	expect("xdg_surface.set_window_geometry(0, 0, 108, 58)\n");
	sends(VIEWPORT, "set_destination", NUMBERS(-1, -1));
	sends(SURFACE, "set_buffer_scale", NUMBERS(2));
	show();
	expect("xdg_surface.set_window_geometry(0, 0, 12, 12)\n");
	scene_end();
}

/* The guest's surface stays where the frame is */
static void nothing_moves_inside_the_frame(void **state)
{
	char line[64];

	begin(4);
	sends(SURFACE, "attach", NUMBERS(BUFFER, 5, -6));
	snprintf(line, sizeof(line), "wl_surface.attach(%u, 0, 0)\n",
		 compositor_id(BUFFER));
	expect(line);
	scene_end();
}

/* The compositor may still show what was there before */
static void a_window_that_shrinks_is_covered(void **state)
{
	begin(1);
	sends(VIEWPORT, "set_destination", NUMBERS(100, 8));
	show();
	sends(VIEWPORT, "set_destination", NUMBERS(8, 8));
	show();
	/* 92 pixels at the right are covered until the guest's commit, and not after */
	expect("wp_viewport.set_destination(92, 8)\nwl_subsurface.set_position(9, 1)\n");
	expect("wp_viewport.set_destination(1, 8)\nwl_subsurface.set_position(9, 1)\n");
	assert_true(
		strstr(scene.sent, "(92, 8)") <
		strstr(scene.sent, "(1, 8)\nwl_subsurface.set_position(9, 1)"));
	scene_end();
}

static void hidden_windows_have_no_frame(void **state)
{
	begin(4);
	show();
	sends(SURFACE, "attach", NUMBERS(0));
	scene_forget();
	sends(SURFACE, "commit", NUMBERS(0));
	expect("wl_surface.attach(0, 0, 0)\nwl_surface.commit()\n");
	show();
	expect("xdg_surface.set_window_geometry(0, 0, 16, 16)\n");
	scene_end();
}

static void sizes_are_told_without_frames(void **state)
{
	begin(4);
	assert_int_equal(compositor_sends(TOPLEVEL, "configure",
					  NUMBERS(100, 50), NULL),
			 0);
	expect("xdg_toplevel.configure(92, 42, ");
	scene_forget();
	/* the guest may choose; a window has a pixel at least */
	assert_int_equal(compositor_sends(TOPLEVEL, "configure", NUMBERS(0, 5),
					  NULL),
			 0);
	expect("xdg_toplevel.configure(0, 1, ");
	scene_forget();
	sends(TOPLEVEL, "set_min_size", NUMBERS(10, 0));
	expect("xdg_toplevel.set_min_size(18, 0)");
	sends(TOPLEVEL, "set_max_size", NUMBERS(INT32_MAX, 20));
	expect("xdg_toplevel.set_max_size(2147483647, 28)");
	scene_end();
}

/* Compositors compare what was acknowledged with the size at the next commit */
static void configures_are_acknowledged_with_the_windows_commit(void **state)
{
	begin(4);
	show();
	sends(SUBCOMPOSITOR, "get_subsurface",
	      NUMBERS(CHILD, SURFACE2, SURFACE));
	scene_forget();
	sends(XDG_SURFACE, "ack_configure", NUMBERS(6));
	sends(XDG_SURFACE, "ack_configure", NUMBERS(7));
	/* the frame covers the sub-surface, and is committed for it */
	sends(CHILD, "set_position", NUMBERS(-20, 2));
	sends(SURFACE2, "attach", NUMBERS(BUFFER));
	sends(SURFACE2, "commit", NUMBERS(0));
	expect("xdg_surface.set_window_geometry(16, 0, 16, 16)\n");
	expect_not("ack_configure");
	show();
	assert_string_equal(scene.sent, "xdg_surface.ack_configure(7)\n"
					"wl_surface.commit()\n"
					"wl_surface.commit()\n");
	show();
	expect_not("ack_configure");
	/* also that of a window that shows nothing any more */
	sends(XDG_SURFACE, "ack_configure", NUMBERS(8));
	sends(SURFACE, "attach", NUMBERS(0));
	scene_forget();
	sends(SURFACE, "commit", NUMBERS(0));
	expect("xdg_surface.ack_configure(8)\nwl_surface.attach(0, 0, 0)\n");
	scene_end();
}

static void configure_and_show(int32_t width, int32_t height, uint32_t states,
			       uint32_t serial)
{
	assert_int_equal(compositor_sends(TOPLEVEL, "configure",
					  NUMBERS(width, height, states), NULL),
			 0);
	sends(XDG_SURFACE, "ack_configure", NUMBERS(serial));
	scene_forget();
	show();
}

/* Stock waylandsink takes its picture's size, whatever the compositor says */
static void window_is_not_larger_than_a_full_screen(void **state)
{
	enum { MAXIMIZED = 1, FULLSCREEN = 2, ACTIVATED = 4 };

	begin(4);
	show();
	configure_and_show(10, 12, FULLSCREEN, 5);
	expect("xdg_surface.set_window_geometry(0, 0, 10, 12)\n");
	/* and the strip at the right covers what is too much */
	expect("wp_viewport.set_destination(6, 4)\nwl_subsurface.set_position(6, 4)\n");
	configure_and_show(15, 0, MAXIMIZED, 6);
	expect("xdg_surface.set_window_geometry(0, 0, 15, 16)\n");
	/* what is left to the window may be exceeded */
	configure_and_show(12, 14, ACTIVATED, 7);
	expect("xdg_surface.set_window_geometry(0, 0, 16, 16)\n");
	configure_and_show(100, 100, FULLSCREEN, 8);
	expect_not("set_window_geometry");
	scene_end();
}

static void acknowledgement_ends_with_its_window(void **state)
{
	begin(4);
	sends(XDG_SURFACE, "ack_configure", NUMBERS(7));
	sends(TOPLEVEL, "destroy", NUMBERS(0));
	sends(XDG_SURFACE, "destroy", NUMBERS(0));
	sends(WM_BASE, "get_xdg_surface", NUMBERS(POPUP_XDG, SURFACE));
	sends(SURFACE, "commit", NUMBERS(0));
	expect_not("ack_configure");
	scene_end();
}

static void popups_have_frames(void **state)
{
	begin(4);
	sends(COMPOSITOR, "create_surface", NUMBERS(POPUP_SURFACE));
	sends(WM_BASE, "get_xdg_surface", NUMBERS(POPUP_XDG, POPUP_SURFACE));
	scene_forget();
	sends(POSITIONER, "set_size", NUMBERS(20, 10));
	sends(POSITIONER, "set_anchor_rect", NUMBERS(1, 2, 3, 4));
	sends(POPUP_XDG, "get_popup", NUMBERS(POPUP, XDG_SURFACE, POSITIONER));
	expect("xdg_positioner.set_size(28, 18)\n");
	expect("xdg_positioner.set_anchor_rect(5, 6, 3, 4)\n");
	scene_forget();
	assert_int_equal(compositor_sends(POPUP, "configure",
					  NUMBERS(7, 8, 28, 18), NULL),
			 0);
	expect("xdg_popup.configure(7, 8, 20, 10)\n");
	scene_forget();
	sends(POPUP_SURFACE, "attach", NUMBERS(BUFFER));
	sends(POPUP_SURFACE, "commit", NUMBERS(0));
	expect("xdg_surface.set_window_geometry(0, 0, 16, 16)\n");
	scene_end();
}

/* Of one that is larger, and may stay so, the frame would be outside of the screen */
static void popups_are_kept_on_the_screen(void **state)
{
	begin(4);
	/* 1 and 2 move it, 16 and 32 make it smaller, 4 and 8 are the guest's */
	sends(WM_BASE, "create_positioner", NUMBERS(CHILD));
	expect("xdg_wm_base.create_positioner(");
	expect(")\nxdg_positioner.set_constraint_adjustment(51)\n");
	scene_forget();
	sends(CHILD, "set_constraint_adjustment", NUMBERS(0));
	expect("xdg_positioner.set_constraint_adjustment(51)\n");
	scene_forget();
	sends(CHILD, "set_constraint_adjustment", NUMBERS(4 | 8 | 1));
	expect("xdg_positioner.set_constraint_adjustment(63)\n");
	scene_end();
}

/* The compositor gives the focus to the frame, of which the guest does not know */
static void focus_of_the_frame_is_the_guests(void **state)
{
	char line[64];

	begin(4);
	assert_int_not_equal(frame_of(SURFACE), 0);
	assert_int_equal(compositor_sends(KEYBOARD, "enter",
					  NUMBERS(1, frame_of(SURFACE)), NULL),
			 0);
	snprintf(line, sizeof(line), "wl_keyboard.enter(1, %d, ", SURFACE);
	expect(line);
	assert_int_equal(scene.bridge.focus, 1);
	scene_forget();
	/* of what the guest has destroyed it is not told */
	sends(TOPLEVEL, "destroy", NUMBERS(0));
	sends(XDG_SURFACE, "destroy", NUMBERS(0));
	scene_forget();
	sends(SURFACE, "destroy", NUMBERS(0));
	assert_int_equal(scene.nr_events, 0);
	scene_end();
}

/* Else a program whose window is gone would keep the focus, in the guest's half, too */
static void leave_of_a_destroyed_surface_is_told(void **state)
{
	uint32_t frame, surface;
	char line[64];

	begin(4);
	frame = frame_of(SURFACE);
	surface = compositor_id(SURFACE);
	assert_int_equal(compositor_sends(KEYBOARD, "enter", NUMBERS(1, frame),
					  NULL),
			 0);
	assert_int_equal(
		compositor_sends(TEXT_INPUT, "enter", NUMBERS(frame), NULL), 0);
	sends(TOPLEVEL, "destroy", NUMBERS(0));
	sends(XDG_SURFACE, "destroy", NUMBERS(0));
	sends(SURFACE, "destroy", NUMBERS(0));
	scene_forget();
	assert_int_equal(compositor_sends(KEYBOARD, "leave", NUMBERS(2, frame),
					  NULL),
			 0);
	snprintf(line, sizeof(line), "wl_keyboard.leave(2, %d)\n", SURFACE);
	expect(line);
	assert_int_equal(scene.bridge.focus, 0);
	assert_int_equal(
		compositor_sends(TEXT_INPUT, "leave", NUMBERS(frame), NULL), 0);
	snprintf(line, sizeof(line), "zwp_text_input_v3.leave(%d)\n", SURFACE);
	expect(line);
	/* when its id is free, the guest may have another surface of it */
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(surface), NULL),
			 0);
	sends(COMPOSITOR, "create_surface", NUMBERS(SURFACE));
	scene_forget();
	assert_int_equal(
		compositor_sends(POINTER, "leave", NUMBERS(3, frame), NULL), 0);
	assert_int_equal(scene.nr_events, 0);
	scene_end();
}

static void frames_end_with_their_windows(void **state)
{
	unsigned int before;

	begin(4);
	before = count_own();
	sends(COMPOSITOR, "create_surface", NUMBERS(POPUP_SURFACE));
	sends(WM_BASE, "get_xdg_surface", NUMBERS(POPUP_XDG, POPUP_SURFACE));
	assert_int_equal(count_own(), before + 2 + 1 + 4 * 3);
	sends(POPUP_XDG, "destroy", NUMBERS(0));
	assert_int_equal(count_own(), before);
	/* the surface can get another window */
	sends(WM_BASE, "get_xdg_surface", NUMBERS(CHILD, POPUP_SURFACE));
	/* in the wrong order */
	sends(POPUP_SURFACE, "destroy", NUMBERS(0));
	assert_int_equal(count_own(), before);
	sends(CHILD, "destroy", NUMBERS(0));
	scene_end();
}

static void second_window_of_a_surface(void **state)
{
	begin(4);
	assert_int_equal(guest_sends(WM_BASE, "get_xdg_surface",
				     NUMBERS(POPUP_XDG, SURFACE), NULL),
			 -EPROTO);
	scene_end();
}

/* The compositor, which sees two sub-surfaces, might allow it */
static void part_of_a_window_is_no_window(void **state)
{
	begin(4);
	sends(SUBCOMPOSITOR, "get_subsurface",
	      NUMBERS(CHILD, SURFACE2, SURFACE));
	assert_int_equal(guest_sends(WM_BASE, "get_xdg_surface",
				     NUMBERS(POPUP_XDG, SURFACE2), NULL),
			 -EPROTO);
	scene_end();
	begin(4);
	sends(WM_BASE, "get_xdg_surface", NUMBERS(POPUP_XDG, SURFACE2));
	assert_int_equal(guest_sends(SUBCOMPOSITOR, "get_subsurface",
				     NUMBERS(CHILD, SURFACE2, SURFACE), NULL),
			 -EPROTO);
	scene_end();
}

static void second_part_of_a_surface(void **state)
{
	begin(4);
	sends(SUBCOMPOSITOR, "get_subsurface",
	      NUMBERS(CHILD, SURFACE2, SURFACE));
	assert_int_equal(guest_sends(SUBCOMPOSITOR, "get_subsurface",
				     NUMBERS(POPUP, SURFACE2, SURFACE), NULL),
			 -EPROTO);
	scene_end();
}

static void text_is_entered_inside_the_frame(void **state)
{
	char line[64];

	begin(4);
	show();
	scene_forget();
	assert_int_equal(compositor_sends(TEXT_INPUT, "enter",
					  NUMBERS(frame_of(SURFACE)), NULL),
			 0);
	snprintf(line, sizeof(line), "zwp_text_input_v3.enter(%d)\n", SURFACE);
	expect(line);
	sends(TEXT_INPUT, "set_cursor_rectangle", NUMBERS(1, 2, 3, 4));
	expect("zwp_text_input_v3.set_cursor_rectangle(5, 6, 3, 4)\n");
	scene_end();
}

static void compositor_without_viewports(void **state)
{
	struct xwl_object *viewporter;

	begin(4);
	assert_int_equal(xwl_frames_possible(&scene.bridge), 0);
	viewporter = scene.bridge.viewporter;
	scene.bridge.viewporter = NULL;
	assert_int_equal(xwl_frames_possible(&scene.bridge), -EOPNOTSUPP);
	assert_non_null(strstr(scene.bridge.why.text, "no wp_viewporter"));
	scene.bridge.viewporter = viewporter;
	scene_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_commit_has_no_buffer),
		cmocka_unit_test(strips_are_around_the_window),
		cmocka_unit_test(strips_are_above_the_guest),
		cmocka_unit_test(frames_take_no_input),
		cmocka_unit_test(colour_is_not_scaled_up),
		cmocka_unit_test(colour_of_huge_strips_is_bounded),
		cmocka_unit_test(shadows_are_covered),
		cmocka_unit_test(sizes_without_pixels),
		cmocka_unit_test(nothing_moves_inside_the_frame),
		cmocka_unit_test(a_window_that_shrinks_is_covered),
		cmocka_unit_test(hidden_windows_have_no_frame),
		cmocka_unit_test(sizes_are_told_without_frames),
		cmocka_unit_test(
			configures_are_acknowledged_with_the_windows_commit),
		cmocka_unit_test(window_is_not_larger_than_a_full_screen),
		cmocka_unit_test(acknowledgement_ends_with_its_window),
		cmocka_unit_test(popups_have_frames),
		cmocka_unit_test(popups_are_kept_on_the_screen),
		cmocka_unit_test(focus_of_the_frame_is_the_guests),
		cmocka_unit_test(leave_of_a_destroyed_surface_is_told),
		cmocka_unit_test(frames_end_with_their_windows),
		cmocka_unit_test(second_window_of_a_surface),
		cmocka_unit_test(part_of_a_window_is_no_window),
		cmocka_unit_test(second_part_of_a_surface),
		cmocka_unit_test(text_is_entered_inside_the_frame),
		cmocka_unit_test(compositor_without_viewports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
