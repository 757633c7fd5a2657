// SPDX-License-Identifier: GPL-2.0-only
/* Screenshots of what a guest shows */
#include "fake_screen.h"

#include <stdlib.h>

#include "budget.h"
#include "vdispl/shot.h"

/* so long that one turn of the loop copies two lines of the four */
#define LONG_PITCH ((uint32_t)XD_TURN_BYTES)
#define NOT_YET 1

static struct xd_shot shot;
static int result;
static unsigned int turns; /* of the loop, before the picture was complete */
static struct xdc_work counter;

static void shot_done(struct xd_shot *copy, int err)
{
	assert_ptr_equal(copy, &shot);
	assert_int_equal(result, NOT_YET);
	result = err;
}

static void count_turn(struct xdc_work *w)
{
	turns += result == NOT_YET;
	if (result == NOT_YET)
		xdc_loop_later(&loop, w);
}

static int begin_shot(void *to, uint32_t pitch)
{
	const struct xd_rows dst = {
		.pixels = to,
		.pitch = pitch,
		.width = SIDE,
		.height = SIDE,
	};

	result = NOT_YET;
	shot.done = shot_done;
	return xd_shot_begin(&shot, s, &dst);
}

static void shot_has_what_is_shown(void **state)
{
	uint32_t to[SIDE * SIDE];

	assert_int_equal(begin_shot(to, SIDE * 4), -ENODATA);
	pixels[3] = 0x00778899;
	xd_screen_show(s, fbs[0], 0, 0);
	assert_int_equal(begin_shot(to, SIDE * 4), 0);
	assert_int_equal(result, NOT_YET);
	run_for(5);
	assert_int_equal(result, 0);
	assert_int_equal(to[3] & 0xffffff, 0x778899);
}

/* Other guests are served between two parts of a large one */
static void large_shot_takes_several_turns(void **state)
{
	uint8_t *to = calloc(SIDE, LONG_PITCH);
	uint32_t pixel;

	assert_non_null(to);
	pixels[SIDE * SIDE - 1] = 0x00123456;
	xd_screen_show(s, fbs[0], 0, 0);
	counter.run = count_turn;
	turns = 0;
	assert_int_equal(begin_shot(to, LONG_PITCH), 0);
	xdc_loop_later(&loop, &counter);
	run_for(5);
	assert_int_equal(result, 0);
	assert_true(turns);
	memcpy(&pixel, to + (SIDE - 1) * LONG_PITCH + (SIDE - 1) * 4, 4);
	assert_int_equal(pixel & 0xffffff, 0x123456);
	free(to);
}

static void shot_of_a_picture_that_ends_is_cancelled(void **state)
{
	uint32_t to[SIDE * SIDE];

	xd_screen_show(s, fbs[0], 0, 0);
	assert_int_equal(begin_shot(to, SIDE * 4), 0);
	xd_screen_show(s, NULL, 0, 0);
	assert_int_equal(result, NOT_YET);
	xd_fb_detach(fbs[0]);
	assert_int_equal(result, -ECANCELED);
	run_for(5);
	assert_int_equal(result, -ECANCELED);
}

static void cancelled_shot_says_nothing(void **state)
{
	uint32_t to[SIDE * SIDE];

	xd_screen_show(s, fbs[0], 0, 0);
	assert_int_equal(begin_shot(to, SIDE * 4), 0);
	xd_shot_cancel(&shot);
	xd_shot_cancel(&shot);
	run_for(5);
	assert_int_equal(result, NOT_YET);
	/* nothing of it hangs on the framebuffer */
	xd_fb_detach(fbs[0]);
	assert_int_equal(result, NOT_YET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(shot_has_what_is_shown),
		test(large_shot_takes_several_turns),
		test(shot_of_a_picture_that_ends_is_cancelled),
		test(cancelled_shot_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
