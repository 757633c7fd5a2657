// SPDX-License-Identifier: GPL-2.0-only
/* The compositor offers a guest what that has copied itself. */
#include "unit.h"

#include "host/clipboard/clipboard.h"
#include "host/policy/config.h"
#include "scene.h"

#define OFFER XWL_SERVER_IDS
#define NEXT_OFFER (XWL_SERVER_IDS + 1)
#define PRIMARY_SOURCE FREE_ID

#define BOTH (XWL_CLIPBOARD_IN | XWL_CLIPBOARD_OUT)

static void begin(unsigned int more)
{
	xwl_config_defaults(&scene.policy);
	scene.policy.clipboard = BOTH | more;
	scene_begin();
	assert_int_equal(guest_sends(PRIMARY_MANAGER, "create_source",
				     NUMBERS(PRIMARY_SOURCE), NULL),
			 0);
	assert_int_equal(compositor_sends(KEYBOARD, "enter",
					  NUMBERS(1, compositor_id(SURFACE)),
					  NULL),
			 0);
	scene_forget();
}

static void copies(uint32_t device, uint32_t source)
{
	assert_int_equal(guest_sends(device, "set_selection",
				     NUMBERS(source, 7), NULL),
			 0);
	scene_forget();
}

static void offers(uint32_t device, uint32_t offer)
{
	assert_int_equal(compositor_sends(device, "data_offer", NUMBERS(offer),
					  NULL),
			 0);
	assert_int_equal(
		compositor_says(offer, "offer", NUMBERS(0), "text/plain"), 0);
	assert_int_equal(
		compositor_sends(device, "selection", NUMBERS(offer), NULL), 0);
}

static bool told(void)
{
	bool offered = strstr(scene.sent, "device.data_offer(") ||
		       strstr(scene.sent, "device_v1.data_offer(");

	scene_forget();
	return offered;
}

/* Both kinds, each by itself */
static void own_selection_is_not_told(void **state)
{
	begin(0);
	copies(DATA_DEVICE, DATA_SOURCE);
	offers(DATA_DEVICE, OFFER);
	assert_false(told());
	offers(PRIMARY_DEVICE, NEXT_OFFER);
	assert_true(told());
	copies(PRIMARY_DEVICE, PRIMARY_SOURCE);
	offers(PRIMARY_DEVICE, NEXT_OFFER + 1);
	assert_false(told());
	/* nor when another window gets the focus */
	compositor_sends(KEYBOARD, "leave", NUMBERS(1, compositor_id(SURFACE)),
			 NULL);
	compositor_sends(KEYBOARD, "enter", NUMBERS(1, compositor_id(SURFACE)),
			 NULL);
	assert_false(told());
	scene_end();
}

/* Of two programs' connections, that with the focus may tell it first */
static void others_selection_is_told_when_the_own_ends(void **state)
{
	begin(0);
	copies(DATA_DEVICE, DATA_SOURCE);
	offers(DATA_DEVICE, OFFER);
	assert_int_equal(scene.woken, 0);
	assert_int_equal(compositor_sends(DATA_SOURCE, "cancelled", NUMBERS(0),
					  NULL),
			 0);
	assert_int_equal(scene.woken, 1);
	assert_int_equal(xwl_clipboard_tell(&scene.bridge), 0);
	assert_true(told());
	assert_int_equal(xwl_clipboard_tell(&scene.bridge), 0);
	assert_false(told());
	offers(DATA_DEVICE, NEXT_OFFER);
	assert_true(told());
	scene_end();
}

static void own_selection_ends_with_its_source(void **state)
{
	begin(0);
	copies(DATA_DEVICE, DATA_SOURCE);
	assert_int_equal(guest_sends(DATA_SOURCE, "destroy", NUMBERS(0), NULL),
			 0);
	offers(DATA_DEVICE, OFFER);
	assert_true(told());
	copies(PRIMARY_DEVICE, PRIMARY_SOURCE);
	copies(PRIMARY_DEVICE, 0);
	offers(PRIMARY_DEVICE, NEXT_OFFER);
	assert_true(told());
	scene_end();
}

/* What was copied before is cancelled, and what was copied last is not */
static void newer_source_is_still_the_guests(void **state)
{
	begin(0);
	copies(DATA_DEVICE, DATA_SOURCE);
	assert_int_equal(guest_sends(DATA_MANAGER, "create_data_source",
				     NUMBERS(FREE_ID + 1), NULL),
			 0);
	copies(DATA_DEVICE, FREE_ID + 1);
	assert_int_equal(compositor_sends(DATA_SOURCE, "cancelled", NUMBERS(0),
					  NULL),
			 0);
	offers(DATA_DEVICE, OFFER);
	assert_false(told());
	scene_end();
}

static void own_selection_ends_with_its_program(void **state)
{
	struct xwl_bridge second;

	begin(0);
	assert_int_equal(xwl_bridge_init(&second, &scene.policy, &scene.account,
					 scene.bridge.ops),
			 0);
	scene.account.owned[XWL_COPY_CLIPBOARD].by = &second;
	offers(DATA_DEVICE, OFFER);
	assert_false(told());
	xwl_clipboard_fini(&second);
	/* but the one that leaves */
	assert_int_equal(scene.woken, 1);
	xwl_bridge_fini(&second);
	assert_int_equal(xwl_clipboard_tell(&scene.bridge), 0);
	assert_true(told());
	scene_end();
}

/* Without a word: others' selection is still there */
static void compositor_ignores_what_was_copied(void **state)
{
	begin(0);
	copies(DATA_DEVICE, DATA_SOURCE);
	assert_int_equal(compositor_sends(DATA_DEVICE, "data_offer",
					  NUMBERS(OFFER), NULL),
			 0);
	compositor_says(OFFER, "offer", NUMBERS(0), "text/plain");
	/* the policy lets no such type out of the guest */
	compositor_says(OFFER, "offer", NUMBERS(0), "text/html");
	compositor_sends(DATA_DEVICE, "selection", NUMBERS(OFFER), NULL);
	assert_true(told());
	scene_end();
}

static void copy_and_paste_commands(void **state)
{
	begin(XWL_CLIPBOARD_ASK);
	copies(DATA_DEVICE, DATA_SOURCE);
	offers(DATA_DEVICE, OFFER);
	assert_int_equal(xwl_clipboard_copy(&scene.bridge, XWL_COPY_CLIPBOARD),
			 0);
	/* there is nothing that others have copied */
	offers(DATA_DEVICE, NEXT_OFFER);
	assert_int_equal(xwl_clipboard_paste(&scene.bridge), -ENODATA);
	assert_int_equal(compositor_sends(DATA_SOURCE, "cancelled", NUMBERS(0),
					  NULL),
			 0);
	assert_int_equal(xwl_clipboard_tell(&scene.bridge), 0);
	assert_false(told());
	assert_int_equal(xwl_clipboard_paste(&scene.bridge), 0);
	assert_true(told());
	scene_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_selection_is_not_told),
		cmocka_unit_test(others_selection_is_told_when_the_own_ends),
		cmocka_unit_test(own_selection_ends_with_its_source),
		cmocka_unit_test(newer_source_is_still_the_guests),
		cmocka_unit_test(own_selection_ends_with_its_program),
		cmocka_unit_test(compositor_ignores_what_was_copied),
		cmocka_unit_test(copy_and_paste_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
