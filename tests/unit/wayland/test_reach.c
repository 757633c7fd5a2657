// SPDX-License-Identifier: GPL-2.0-only
/* Sub-surfaces of windows with frames: what of them the frames cover. */
#include "unit.h"

#include "framed.h"

#define PART 200
#define NESTED_SURFACE 201
#define NESTED 202

/* SURFACE2 becomes a part of the window */
static void begin_part(void)
{
	begin(4);
	show();
	sends(SUBCOMPOSITOR, "get_subsurface",
	      NUMBERS(PART, SURFACE2, SURFACE));
}

static void show_part(void)
{
	sends(SURFACE2, "attach", NUMBERS(BUFFER));
	scene_forget();
	sends(SURFACE2, "commit", NUMBERS(0));
}

static void subsurfaces_inside_change_no_frame(void **state)
{
	begin_part();
	show_part();
	assert_string_equal(scene.sent, "wl_surface.commit()\n");
	scene_end();
}

/* A title bar above the surface, as programs draw that decorate themselves */
static void subsurfaces_belong_to_the_window(void **state)
{
	begin_part();
	sends(PART, "set_position", NUMBERS(0, -6));
	show_part();
	sends(XDG_SURFACE, "set_window_geometry", NUMBERS(0, -6, 8, 14));
	show();
	/* the strip is above the title bar, not on it */
	expect("wl_subsurface.set_position(4, 10)\n"); /* the guest's surface */
	expect("wp_viewport.set_destination(16, 4)\nwl_subsurface.set_position(0, 0)\n");
	expect("wp_viewport.set_destination(4, 14)\nwl_subsurface.set_position(0, 4)\n");
	expect("xdg_surface.set_window_geometry(0, 0, 16, 22)\n");
	/* a window is no larger than what is shown of it */
	sends(XDG_SURFACE, "set_window_geometry", NUMBERS(-50, -50, 500, 500));
	show();
	expect_not("xdg_surface.set_window_geometry(");
	scene_end();
}

/* Before the compositor shows them, and until it does not show them any more */
static void subsurfaces_outside_are_covered(void **state)
{
	begin_part();
	sends(PART, "set_position", NUMBERS(-20, 2));
	show_part();
	expect("wp_viewport.set_destination(20, 8)\nwl_subsurface.set_position(0, 4)\n");
	expect("xdg_surface.set_window_geometry(16, 0, 16, 16)\n");
	/* the frame's, and the guest's own */
	assert_int_equal(count("wl_surface.commit"), 4 + 1 + 1);
	/* it is there; then to the right side: until the window's commit it may be at both */
	show();
	assert_string_equal(scene.sent, "wl_surface.commit()\n"
					"wl_surface.commit()\n");
	sends(PART, "set_position", NUMBERS(9, 2));
	show_part();
	expect("xdg_surface.set_window_geometry(16, 0, 16, 16)\n");
	expect("wp_viewport.set_destination(9, 8)\n");
	show();
	expect("xdg_surface.set_window_geometry(0, 0, 16, 16)\n");
	expect("wp_viewport.set_destination(9, 8)\nwl_subsurface.set_position(12, 4)\n");
	/* it is gone, and so is what covered it */
	sends(PART, "destroy", NUMBERS(0));
	show();
	expect("wp_viewport.set_destination(4, 8)\nwl_subsurface.set_position(12, 4)\n");
	scene_end();
}

static void nested_subsurfaces_are_covered(void **state)
{
	begin_part();
	sends(PART, "set_position", NUMBERS(4, 4));
	sends(COMPOSITOR, "create_surface", NUMBERS(NESTED_SURFACE));
	sends(SUBCOMPOSITOR, "get_subsurface",
	      NUMBERS(NESTED, NESTED_SURFACE, SURFACE2));
	sends(NESTED, "set_position", NUMBERS(0, 30));
	sends(NESTED_SURFACE, "attach", NUMBERS(BUFFER));
	scene_forget();
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	/* 4 + 30 + 8 pixels down, of which 8 are the window */
	expect("wp_viewport.set_destination(16, 34)\nwl_subsurface.set_position(0, 12)\n");
	/* what is in between is destroyed, and so nothing is shown */
	sends(PART, "destroy", NUMBERS(0));
	sends(SURFACE2, "destroy", NUMBERS(0));
	show();
	expect("wp_viewport.set_destination(16, 4)\nwl_subsurface.set_position(0, 12)\n");
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	scene_end();
}

static void subsurfaces_far_outside_are_refused(void **state)
{
	begin_part();
	sends(PART, "set_position", NUMBERS(20000, 2));
	sends(SURFACE2, "attach", NUMBERS(BUFFER));
	assert_int_equal(guest_sends(SURFACE2, "commit", NUMBERS(0), NULL),
			 -EPROTO);
	assert_string_equal(
		scene.bridge.why.text,
		"the window draws up to 20000 pixels outside of its geometry, at most 16384 are allowed");
	scene_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subsurfaces_inside_change_no_frame),
		cmocka_unit_test(subsurfaces_belong_to_the_window),
		cmocka_unit_test(subsurfaces_outside_are_covered),
		cmocka_unit_test(nested_subsurfaces_are_covered),
		cmocka_unit_test(subsurfaces_far_outside_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
