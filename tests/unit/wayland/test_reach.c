// SPDX-License-Identifier: GPL-2.0-only
/* Sub-surfaces of windows with frames: what of them the frames cover. */
#include "unit.h"

#include "framed.h"

#define PART 200
#define NESTED_SURFACE 201
#define NESTED 202
#define NESTED_VIEWPORT 203
#define PART2 204
#define PART_VIEWPORT 205

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

/* NESTED_SURFACE becomes a part of SURFACE2 */
static void begin_nested(int32_t y)
{
	begin_part();
	sends(PART, "set_position", NUMBERS(4, 4));
	sends(COMPOSITOR, "create_surface", NUMBERS(NESTED_SURFACE));
	sends(SUBCOMPOSITOR, "get_subsurface",
	      NUMBERS(NESTED, NESTED_SURFACE, SURFACE2));
	sends(NESTED, "set_position", NUMBERS(0, y));
	sends(NESTED_SURFACE, "attach", NUMBERS(BUFFER));
	scene_forget();
}

static void nested_subsurfaces_are_covered(void **state)
{
	begin_nested(30);
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

/* What the nested one commits waits for its parent's commit, and that for the window's */
static void
nested_subsurfaces_are_covered_until_all_have_committed(void **state)
{
	begin_nested(0);
	sends(VIEWPORTER, "get_viewport",
	      NUMBERS(NESTED_VIEWPORT, NESTED_SURFACE));
	sends(NESTED_VIEWPORT, "set_destination", NUMBERS(8, 100));
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	/* 4 + 100 pixels down */
	expect("wp_viewport.set_destination(16, 96)\nwl_subsurface.set_position(0, 12)\n");
	show_part();
	show();
	/* smaller and smaller; some compositors show each */
	sends(NESTED_VIEWPORT, "set_destination", NUMBERS(8, 50));
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	show_part();
	sends(NESTED_VIEWPORT, "set_destination", NUMBERS(8, 8));
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	show();
	assert_string_equal(scene.sent, "wl_surface.commit()\n"
					"wl_surface.commit()\n");
	/* not for the parent alone */
	show_part();
	assert_string_equal(scene.sent, "wl_surface.commit()\n");
	show();
	expect("wp_viewport.set_destination(16, 4)\nwl_subsurface.set_position(0, 12)\n");
	scene_end();
}

/* Its place waits for its parent's commit, and that for the window's */
static void nested_subsurfaces_are_covered_where_they_were(void **state)
{
	begin_nested(30);
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	show_part();
	show();
	/* twice; some compositors show each */
	sends(NESTED, "set_position", NUMBERS(0, 40));
	show_part();
	sends(NESTED, "set_position", NUMBERS(0, 0));
	show_part();
	expect_not("wp_viewport");
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	expect_not("wp_viewport");
	show();
	expect("wp_viewport.set_destination(16, 4)\nwl_subsurface.set_position(0, 12)\n");
	scene_end();
}

/* Weston shows its place with the window's commit, without one of its parent */
static void
nested_subsurfaces_are_covered_without_their_parents_commit(void **state)
{
	begin_nested(30);
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	show_part();
	show();
	sends(NESTED, "set_position", NUMBERS(0, 60));
	show();
	scene_forget();
	sends(NESTED, "set_position", NUMBERS(0, 30));
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	expect_not("wp_viewport");
	/* back again, but at neither of the two commits that all compositors go by */
	show_part();
	sends(NESTED, "set_position", NUMBERS(0, 60));
	show();
	sends(NESTED, "set_position", NUMBERS(0, 30));
	show();
	expect_not("wp_viewport");
	show_part();
	show();
	expect("wp_viewport.set_destination(16, 34)\nwl_subsurface.set_position(0, 12)\n");
	scene_end();
}

/* Compositors show it with the parent's next commit */
static void content_from_before_the_role_is_covered(void **state)
{
	begin(4);
	show();
	show_part();
	sends(SUBCOMPOSITOR, "get_subsurface",
	      NUMBERS(PART, SURFACE2, SURFACE));
	sends(PART, "set_position", NUMBERS(-20, 2));
	show();
	expect("wp_viewport.set_destination(20, 8)\nwl_subsurface.set_position(0, 4)\n");
	/* the role ends, and begins again */
	sends(PART, "destroy", NUMBERS(0));
	show();
	expect("wp_viewport.set_destination(4, 8)\nwl_subsurface.set_position(0, 4)\n");
	sends(SUBCOMPOSITOR, "get_subsurface",
	      NUMBERS(PART2, SURFACE2, SURFACE));
	sends(PART2, "set_position", NUMBERS(-20, 2));
	show();
	expect("wp_viewport.set_destination(20, 8)\nwl_subsurface.set_position(0, 4)\n");
	scene_end();
}

/* Weston shows what a sub-surface's commit has left waiting with its next one */
static void subsurfaces_are_covered_beyond_set_desync(void **state)
{
	begin_part();
	sends(PART, "set_position", NUMBERS(-20, 2));
	sends(VIEWPORTER, "get_viewport", NUMBERS(PART_VIEWPORT, SURFACE2));
	sends(PART_VIEWPORT, "set_destination", NUMBERS(8, 100));
	show_part();
	show();
	sends(PART_VIEWPORT, "set_destination", NUMBERS(8, 8));
	show_part();
	sends(PART, "set_desync", NUMBERS(0));
	show();
	assert_string_equal(scene.sent, "wl_surface.commit()\n"
					"wl_surface.commit()\n");
	show_part();
	show();
	expect("wp_viewport.set_destination(20, 8)\nwl_subsurface.set_position(0, 4)\n");
	scene_end();
}

static void parts_of_parts_are_covered_beyond_set_desync(void **state)
{
	begin_nested(0);
	sends(NESTED, "set_desync", NUMBERS(0));
	sends(VIEWPORTER, "get_viewport",
	      NUMBERS(NESTED_VIEWPORT, NESTED_SURFACE));
	sends(NESTED_VIEWPORT, "set_destination", NUMBERS(8, 100));
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	show_part();
	show();
	sends(NESTED_VIEWPORT, "set_destination", NUMBERS(8, 8));
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	sends(PART, "set_desync", NUMBERS(0));
	show_part();
	show();
	assert_string_equal(scene.sent, "wl_surface.commit()\n"
					"wl_surface.commit()\n");
	scene_end();
}

/* Below one that waits, wlroots never shows what one has committed that does not wait */
static void parts_below_one_that_waits_wait(void **state)
{
	begin_nested(0);
	sends(VIEWPORTER, "get_viewport",
	      NUMBERS(NESTED_VIEWPORT, NESTED_SURFACE));
	sends(NESTED_VIEWPORT, "set_destination", NUMBERS(8, 100));
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	show_part();
	show();
	scene_forget();
	sends(NESTED, "set_desync", NUMBERS(0));
	assert_string_equal(scene.sent, "");
	sends(NESTED_VIEWPORT, "set_destination", NUMBERS(8, 8));
	scene_forget();
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	assert_string_equal(scene.sent, "wl_surface.commit()\n");
	show_part();
	assert_string_equal(scene.sent, "wl_surface.commit()\n");
	show();
	expect("wp_viewport.set_destination(16, 4)\nwl_subsurface.set_position(0, 12)\n");
	scene_end();
}

#define TEXT_OF(id) #id
#define TOLD(id, mode) TEXT_OF(id) " " mode "\n"

static void expect_modes(const char *lines)
{
	assert_string_equal(scene.modes, lines);
	scene.modes[0] = '\0';
}

static void compositor_is_told_whether_parts_wait(void **state)
{
	begin_nested(0);
	sends(NESTED, "set_desync", NUMBERS(0));
	expect_modes("");
	/* from the top: what NESTED has committed before is shown then */
	sends(PART, "set_desync", NUMBERS(0));
	expect_modes(TOLD(PART, "set_desync") TOLD(NESTED, "set_desync"));
	sends(PART, "set_desync", NUMBERS(0));
	expect_modes("");
	sends(PART, "set_sync", NUMBERS(0));
	expect_modes(TOLD(PART, "set_sync"));
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	expect_modes(TOLD(NESTED, "set_sync"));
	sends(PART, "set_desync", NUMBERS(0));
	expect_modes(TOLD(PART, "set_desync") TOLD(NESTED, "set_desync"));
	sends(NESTED, "set_sync", NUMBERS(0));
	expect_modes(TOLD(NESTED, "set_sync"));
	scene_end();
}

/* Each part waits again that begins anew, and so do those below it */
static void parts_wait_below_one_that_begins_anew(void **state)
{
	begin_nested(0);
	sends(PART, "set_desync", NUMBERS(0));
	sends(NESTED, "set_desync", NUMBERS(0));
	expect_modes(TOLD(PART, "set_desync") TOLD(NESTED, "set_desync"));
	sends(PART, "destroy", NUMBERS(0));
	sends(SUBCOMPOSITOR, "get_subsurface",
	      NUMBERS(PART2, SURFACE2, SURFACE));
	sends(NESTED_SURFACE, "commit", NUMBERS(0));
	expect_modes(TOLD(NESTED, "set_sync"));
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
		cmocka_unit_test(
			nested_subsurfaces_are_covered_until_all_have_committed),
		cmocka_unit_test(
			nested_subsurfaces_are_covered_where_they_were),
		cmocka_unit_test(
			nested_subsurfaces_are_covered_without_their_parents_commit),
		cmocka_unit_test(content_from_before_the_role_is_covered),
		cmocka_unit_test(subsurfaces_are_covered_beyond_set_desync),
		cmocka_unit_test(parts_of_parts_are_covered_beyond_set_desync),
		cmocka_unit_test(parts_below_one_that_waits_wait),
		cmocka_unit_test(compositor_is_told_whether_parts_wait),
		cmocka_unit_test(parts_wait_below_one_that_begins_anew),
		cmocka_unit_test(subsurfaces_far_outside_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
