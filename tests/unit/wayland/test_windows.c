// SPDX-License-Identifier: GPL-2.0-only
/* Windows of a guest: what they are called, and what they may ask for. */
#include "unit.h"

#include <stdio.h>

#include "scene.h"

static void expect_sent(const char *text)
{
	if (strcmp(scene.sent, text))
		fail_msg("sent:\n%swanted:\n%s", scene.sent, text);
	scene_forget();
}

/* Text with a number of this run */
#define EXPECT(...)                                          \
	do {                                                 \
		char text_[1024];                            \
		snprintf(text_, sizeof(text_), __VA_ARGS__); \
		expect_sent(text_);                          \
	} while (0)

static void titles_carry_the_guests_name(void **state)
{
	assert_int_equal(guest_sends(TOPLEVEL, "set_title", NUMBERS(0),
				     "[gui] \xe2\x80\xaemail"),
			 0);
	expect_sent("xdg_toplevel.set_title(\"[work] [gui] ?mail\")\n");
	assert_int_equal(guest_sends(TOPLEVEL, "set_app_id", NUMBERS(0),
				     "foot/../x"),
			 0);
	expect_sent("xdg_toplevel.set_app_id(\"xen.work.foot_.._x\")\n");
}

static void windows_without_titles_carry_the_guests_name(void **state)
{
	assert_int_equal(guest_sends(WM_BASE, "get_xdg_surface",
				     NUMBERS(FREE_ID, SURFACE2), NULL),
			 0);
	scene_forget();
	assert_int_equal(guest_sends(FREE_ID, "get_toplevel",
				     NUMBERS(FREE_ID + 1), NULL),
			 0);
	EXPECT("xdg_surface.get_toplevel(%u)\n"
	       "xdg_toplevel.set_title(\"[work]\")\n"
	       "xdg_toplevel.set_app_id(\"xen.work\")\n",
	       compositor_id(FREE_ID + 1));
}

static void full_screen_becomes_maximised(void **state)
{
	assert_int_equal(
		guest_sends(TOPLEVEL, "set_fullscreen", NUMBERS(0), NULL), 0);
	expect_sent("xdg_toplevel.set_maximized()\n");
	assert_int_equal(
		guest_sends(TOPLEVEL, "unset_fullscreen", NUMBERS(0), NULL), 0);
	expect_sent("xdg_toplevel.unset_maximized()\n");
	scene.policy.allow |= XWL_ALLOW_FULLSCREEN;
	assert_int_equal(
		guest_sends(TOPLEVEL, "set_fullscreen", NUMBERS(0), NULL), 0);
	expect_sent("xdg_toplevel.set_fullscreen(0)\n");
}

static void decorations_are_the_compositors(void **state)
{
	assert_int_equal(guest_sends(DECORATION, "set_mode", NUMBERS(1), NULL),
			 0);
	expect_sent("zxdg_toplevel_decoration_v1.set_mode(2)\n");
}

/* Compositors show the icon of the app_id while the program starts */
static void activation_tokens_carry_the_guests_name(void **state)
{
	scene.policy.allow |= XWL_ALLOW_ACTIVATION;
	assert_int_equal(compositor_says(compositor_id(REGISTRY), "global",
					 NUMBERS(20, 1), "xdg_activation_v1"),
			 0);
	assert_int_equal(guest_sends(REGISTRY, "bind", NUMBERS(20, 1, FREE_ID),
				     "xdg_activation_v1"),
			 0);
	assert_int_equal(guest_sends(FREE_ID, "get_activation_token",
				     NUMBERS(FREE_ID + 1), NULL),
			 0);
	scene_forget();
	assert_int_equal(guest_sends(FREE_ID + 1, "set_app_id", NUMBERS(0),
				     "org.mozilla.firefox"),
			 0);
	expect_sent("xdg_activation_token_v1.set_app_id("
		    "\"xen.work.org.mozilla.firefox\")\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
		TEST(titles_carry_the_guests_name),
		TEST(windows_without_titles_carry_the_guests_name),
		TEST(full_screen_becomes_maximised),
		TEST(decorations_are_the_compositors),
		TEST(activation_tokens_carry_the_guests_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
