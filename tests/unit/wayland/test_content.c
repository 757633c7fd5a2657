// SPDX-License-Identifier: GPL-2.0-only
/* What surfaces show, and what waits to be shown: what it costs, and until when. */
#include "unit.h"

#include "scene.h"

/* KiB of a buffer of 64 x 64 pixels */
#define LARGE 17U

static int make_large(uint32_t id)
{
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = {
		.type = XWL_BUFFER,
		.buffer = { id, XWL_BUFFER_INLINE, 0, 64, 64, 256, 0 },
	};

	return guest_record(bytes, xwl_record_write(&r, bytes));
}

static void commit_buffer(uint32_t surface, uint32_t buffer)
{
	assert_int_equal(guest_sends(surface, "attach", NUMBERS(buffer), NULL),
			 0);
	assert_int_equal(guest_sends(surface, "commit", NUMBERS(0), NULL), 0);
}

static void destroy(uint32_t id)
{
	assert_int_equal(guest_sends(id, "destroy", NUMBERS(0), NULL), 0);
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(compositor_id(id)), NULL),
			 0);
}

static void show_and_destroy(uint32_t surface)
{
	assert_int_equal(make_large(FREE_ID), 0);
	commit_buffer(surface, FREE_ID);
	destroy(FREE_ID);
}

/* Compositors keep what surfaces show */
static void content_counts_without_its_buffer(void **state)
{
	uint32_t before = scene.account.used[XWL_MEMORY];

	scene.policy.max[XWL_MEMORY] = before + LARGE + LARGE / 2;
	show_and_destroy(SURFACE2);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + LARGE);
	/* a commit without another content */
	assert_int_equal(guest_sends(SURFACE2, "commit", NUMBERS(0), NULL), 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + LARGE);
	/* until it shows another, or nothing, or is gone */
	commit_buffer(SURFACE2, BUFFER);
	assert_int_equal(scene.account.used[XWL_MEMORY], before);
	show_and_destroy(SURFACE2);
	commit_buffer(SURFACE2, 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before);
	show_and_destroy(SURFACE2);
	destroy(SURFACE2);
	assert_int_equal(scene.account.used[XWL_MEMORY], before);
	show_and_destroy(SURFACE);
	assert_int_equal(make_large(FREE_ID), -EDQUOT);
	assert_non_null(strstr(scene.bridge.why.text, "max-memory"));
}

static void attached_content_counts_without_its_buffer(void **state)
{
	uint32_t before = scene.account.used[XWL_MEMORY];

	assert_int_equal(make_large(FREE_ID), 0);
	assert_int_equal(
		guest_sends(SURFACE2, "attach", NUMBERS(FREE_ID), NULL), 0);
	destroy(FREE_ID);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + LARGE);
	assert_int_equal(guest_sends(SURFACE2, "attach", NUMBERS(BUFFER), NULL),
			 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before);
}

/* While there are buffers, nothing counts beside them */
static void content_of_one_surface_costs_its_buffer_alone(void **state)
{
	uint32_t before = scene.account.used[XWL_MEMORY], i;

	/* two in turn, as programs draw; the first is destroyed after the second is shown */
	assert_int_equal(make_large(FREE_ID), 0);
	assert_int_equal(make_large(FREE_ID + 1), 0);
	for (i = 0; i < 4; i++) {
		commit_buffer(SURFACE2, FREE_ID + i % 2);
		assert_int_equal(scene.account.used[XWL_MEMORY],
				 before + 2 * LARGE);
	}
	destroy(FREE_ID);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + LARGE);
	/* a compositor may copy for each */
	commit_buffer(SURFACE, FREE_ID + 1);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + 2 * LARGE);
	commit_buffer(SURFACE2, BUFFER);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + LARGE);
}

/* What a sub-surface commits waits for its parent, and what was before is shown meanwhile */
static void content_counts_until_the_next_is_shown(void **state)
{
	uint32_t before;

	assert_int_equal(make_tree(2, false), 0);
	before = scene.account.used[XWL_MEMORY];
	show_and_destroy(102);
	commit_buffer(101, 0);
	commit_buffer(100, 0);
	commit_buffer(102, BUFFER);
	commit_buffer(102, 0);
	commit_buffer(100, 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + LARGE);
	commit_buffer(101, 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + LARGE);
	commit_buffer(100, 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before);
	/* if it does not wait, with its next commit */
	show_and_destroy(102);
	assert_int_equal(guest_sends(200, "set_desync", NUMBERS(0), NULL), 0);
	commit_buffer(102, 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + LARGE);
	assert_int_equal(guest_sends(201, "set_desync", NUMBERS(0), NULL), 0);
	commit_buffer(100, 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + LARGE);
	commit_buffer(102, 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before);
	/* its parent is gone */
	show_and_destroy(102);
	destroy(101);
	commit_buffer(100, 0);
	destroy(102);
	assert_int_equal(scene.account.used[XWL_MEMORY], before);
}

static void commit(uint32_t surface)
{
	assert_int_equal(guest_sends(surface, "commit", NUMBERS(0), NULL), 0);
}

static void expect_waiting(unsigned int nr)
{
	/* the scene has a callback */
	assert_int_equal(scene.account.used[XWL_CALLBACKS], 1 + nr);
}

/* Wlroots keeps each of them until then */
static void commits_count_until_they_are_shown(void **state)
{
	unsigned int i;

	scene.policy.max[XWL_CALLBACKS] = 1 + 3;
	assert_int_equal(make_tree(1, false), 0);
	for (i = 0; i < 2; i++) {
		commit(101);
		commit(101);
		commit(101);
		expect_waiting(3);
		commit(100);
		expect_waiting(0);
	}
	for (i = 0; i < 3; i++)
		commit(101);
	assert_int_equal(guest_sends(101, "commit", NUMBERS(0), NULL), -EDQUOT);
	assert_string_equal(scene.bridge.why.text,
			    "max-callbacks = 4 exceeded");
}

/* Whatever the order in which a program commits them */
static void commits_of_parts_of_parts_are_shown_in_turn(void **state)
{
	unsigned int i;

	assert_int_equal(make_tree(3, false), 0);
	for (i = 0; i < 100; i++) {
		commit(101);
		commit(102);
		commit(103);
		commit(100);
		expect_waiting(0);
	}
	/* what has no commit itself shows none of those below it */
	commit(103);
	commit(101);
	commit(100);
	commit(100);
	expect_waiting(1);
	commit(102);
	commit(101);
	expect_waiting(3);
	commit(100);
	expect_waiting(0);
}

static void commits_that_do_not_wait_cost_nothing(void **state)
{
	assert_int_equal(make_tree(3, false), 0);
	commit(101);
	commit(102);
	commit(103);
	assert_int_equal(guest_sends(201, "set_desync", NUMBERS(0), NULL), 0);
	commit(102);
	expect_waiting(4);
	assert_int_equal(guest_sends(200, "set_desync", NUMBERS(0), NULL), 0);
	expect_waiting(0);
	commit(101);
	commit(102);
	expect_waiting(0);
	commit(103);
	expect_waiting(1);
	commit(102);
	expect_waiting(0);
}

static void commits_of_another_part_wait_on(void **state)
{
	assert_int_equal(make_tree(1, false), 0);
	assert_int_equal(guest_sends(SUBCOMPOSITOR, "get_subsurface",
				     NUMBERS(FREE_ID, SURFACE2, 100), NULL),
			 0);
	commit(SURFACE2);
	commit(101);
	assert_int_equal(guest_sends(200, "set_desync", NUMBERS(0), NULL), 0);
	expect_waiting(1);
	commit(101);
	expect_waiting(1);
	/* the part's end ends what it costs */
	destroy(FREE_ID);
	expect_waiting(0);
}

/* Its callback comes and goes with the frame */
static void ask_frame(uint32_t surface, uint32_t callback)
{
	assert_int_equal(guest_sends(surface, "frame", NUMBERS(callback), NULL),
			 0);
}

static void call_frame(uint32_t callback)
{
	uint32_t id = compositor_id(callback);

	assert_int_equal(compositor_sends(callback, "done", NUMBERS(1), NULL),
			 0);
	assert_int_equal(compositor_says(1, "delete_id", NUMBERS(id), NULL), 0);
}

/* Weston shows what is drawn below one that has nothing to commit */
static void frame_callbacks_tell_what_is_shown(void **state)
{
	unsigned int i;

	scene.policy.max[XWL_CALLBACKS] = 1 + 5;
	assert_int_equal(make_tree(2, false), 0);
	commit(101);
	commit(100);
	for (i = 0; i < 100; i++) {
		ask_frame(102, FREE_ID);
		commit(102);
		commit(100);
		expect_waiting(2);
		call_frame(FREE_ID);
		expect_waiting(0);
	}
	/* what it commits later may wait, and so may what others do */
	commit(102);
	ask_frame(102, FREE_ID);
	commit(102);
	commit(102);
	commit(101);
	call_frame(FREE_ID);
	expect_waiting(2);
	commit(100);
	expect_waiting(0);
}

/* As while a window is resized: the buffers before the shown one cost no more */
static void frame_callback_ends_earlier_contents(void **state)
{
	uint32_t before, i;

	assert_int_equal(make_tree(2, false), 0);
	before = scene.account.used[XWL_MEMORY];
	for (i = 0; i < 10; i++) {
		ask_frame(102, FREE_ID + 1);
		show_and_destroy(102);
		commit(100);
		call_frame(FREE_ID + 1);
		assert_int_equal(scene.account.used[XWL_MEMORY],
				 before + LARGE);
	}
	/* the callback of an earlier commit does not tell which is shown */
	ask_frame(102, FREE_ID + 1);
	show_and_destroy(102);
	show_and_destroy(102);
	call_frame(FREE_ID + 1);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + 3 * LARGE);
}

/* A compositor that calls what it has not got is not believed */
static void frame_callback_without_a_commit_tells_nothing(void **state)
{
	assert_int_equal(make_tree(1, false), 0);
	commit(101);
	ask_frame(101, FREE_ID);
	call_frame(FREE_ID);
	expect_waiting(1);
	/* nor does one tell anything whose surface is gone */
	ask_frame(101, FREE_ID);
	commit(101);
	expect_waiting(3);
	destroy(101);
	expect_waiting(1);
	call_frame(FREE_ID);
	expect_waiting(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
		TEST(content_counts_without_its_buffer),
		TEST(attached_content_counts_without_its_buffer),
		TEST(content_of_one_surface_costs_its_buffer_alone),
		TEST(content_counts_until_the_next_is_shown),
		TEST(commits_count_until_they_are_shown),
		TEST(commits_of_parts_of_parts_are_shown_in_turn),
		TEST(commits_that_do_not_wait_cost_nothing),
		TEST(commits_of_another_part_wait_on),
		TEST(frame_callbacks_tell_what_is_shown),
		TEST(frame_callback_ends_earlier_contents),
		TEST(frame_callback_without_a_commit_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
