// SPDX-License-Identifier: GPL-2.0-only
/* Windows of a guest: what they are called, and what they may ask for. */
#include "unit.h"

#include <stdio.h>

#include "scene.h"
#include "sent.h"

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

/* Of xdg_toplevel.state */
enum { MAXIMIZED = 1, ACTIVATED = 4 };

static void says_state(uint32_t state)
{
	assert_int_equal(compositor_sends(TOPLEVEL, "configure",
					  NUMBERS(100, 50, state), NULL),
			 0);
	scene_forget();
}

static void asks(const char *request, const char *sent)
{
	assert_int_equal(guest_sends(TOPLEVEL, request, NUMBERS(0), NULL), 0);
	expect_sent(sent);
}

#define SET "xdg_toplevel.set_maximized()\n"
#define UNSET "xdg_toplevel.unset_maximized()\n"

static void maximised_window_leaves_full_screen_maximised(void **state)
{
	says_state(MAXIMIZED);
	asks("set_fullscreen", SET);
	says_state(MAXIMIZED);
	/* programs wait for the configure with which the compositor answers */
	asks("unset_fullscreen", SET);
	says_state(MAXIMIZED);
	asks("unset_maximized", UNSET);
	says_state(ACTIVATED);
	/* and one that was not is not */
	asks("set_fullscreen", SET);
	says_state(MAXIMIZED);
	asks("set_fullscreen", SET);
	asks("unset_fullscreen", UNSET);
}

/* Before the compositor has said anything, or while it is full */
static void window_leaves_full_screen_as_it_asked_last(void **state)
{
	asks("set_maximized", SET);
	asks("set_fullscreen", SET);
	asks("unset_fullscreen", SET);
	asks("set_fullscreen", SET);
	says_state(MAXIMIZED);
	asks("unset_maximized", UNSET);
	says_state(ACTIVATED);
	asks("set_fullscreen", SET);
	says_state(MAXIMIZED);
	asks("unset_fullscreen", UNSET);
	says_state(ACTIVATED);
	asks("set_fullscreen", SET);
	says_state(MAXIMIZED);
	asks("set_maximized", SET);
	asks("unset_fullscreen", SET);
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
		TEST(maximised_window_leaves_full_screen_maximised),
		TEST(window_leaves_full_screen_as_it_asked_last),
		TEST(decorations_are_the_compositors),
		TEST(activation_tokens_carry_the_guests_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
