// SPDX-License-Identifier: GPL-2.0-only
/* Pictures on a card: imports, modes, flips, and cards that do not finish them */
#include "fake_kms.h"

#include <stdio.h>
#include <unistd.h>

/* some drivers would round the pitch down */
static void odd_pitch_is_refused(void **state)
{
	struct xd_picture pic = {
		.format = picture.format,
		.width = 65,
		.height = 48,
		.pitch = 260,
	};
	struct xd_image *other = NULL;
	int fbs = drm.fbs;

	assert_int_equal(output->ops->import(output, &pic, &other), -EINVAL);
	assert_int_equal(drm.fbs, fbs);
	assert_null(other);
	pic.width = 72;
	pic.pitch = 288;
	assert_int_equal(output->ops->import(output, &pic, &other), 0);
	output->ops->release(output, other);
}

/* The card again, with another driver */
static void reopen(bool damage, bool vblank, bool gpu)
{
	close_output();
	xd_kms_stop();
	drm.damage = damage;
	drm.no_vblank = !vblank;
	drm.gpu = gpu;
	assert_int_equal(open_output(), 0);
	show_image();
}

/* Drivers that copy begin at the image's corner, even if x and y say otherwise */
static void expect_copying(void)
{
	const struct xd_output_ops *o = output->ops;
	struct xd_image *shadow;
	unsigned int commits;

	assert_true(output->needs_flips);
	assert_int_equal(o->flip(output, image), 0);
	land();
	commits = drm.commits;
	assert_int_equal(o->show(output, image, 8, 0), -EOPNOTSUPP);
	assert_int_equal(o->show(output, image, 0, 8), -EOPNOTSUPP);
	assert_int_equal(drm.commits, commits);
	/* a shadow contains the right part */
	assert_int_equal(o->shadow(output, &shadow), 0);
	assert_int_equal(o->show(output, shadow, 0, 8), 0);
	land();
	assert_int_equal(o->flip(output, shadow), 0);
	land();
	assert_int_equal(o->flip(output, image), -EOPNOTSUPP);
	assert_int_equal(o->show(output, image, 0, 0), 0);
	land();
	assert_int_equal(o->flip(output, image), 0);
	land();
	o->release(output, shadow);
}

static void expect_offset(void)
{
	assert_int_equal(output->ops->show(output, image, 8, 0), 0);
	land();
	assert_int_equal(output->ops->flip(output, image), 0);
	land();
}

static void card_that_scans_out_shows_offset(void **state)
{
	assert_false(output->needs_flips);
	expect_offset();
}

static void copying_card_with_damage_refuses_offset(void **state)
{
	reopen(true, true, false);
	expect_copying();
}

/* cirrus in Linux 6.1 */
static void copying_card_without_damage_refuses_offset(void **state)
{
	reopen(false, false, false);
	expect_copying();
}

/* amdgpu, i915, msm: damage saves work, but the card reads all by itself */
static void gpu_with_damage_shows_offset(void **state)
{
	reopen(true, true, true);
	assert_true(output->needs_flips);
	expect_offset();
}

/* virtio sends images to the host */
static void virtual_gpu_needs_flips(void **state)
{
	reopen(true, false, true);
	assert_true(output->needs_flips);
	expect_offset();
}

static void flip_done_once(void **state)
{
	void *first;

	assert_int_equal(output->ops->flip(output, image), 0);
	first = drm.data;
	send_event(first);
	assert_int_equal(done, 1);
	/* the event of an earlier flip is ignored */
	assert_int_equal(output->ops->flip(output, image), 0);
	send_event(first);
	assert_int_equal(done, 1);
	send_event(drm.data);
	assert_int_equal(done, 2);
	assert_int_equal(lost, 0);
}

/* After weeks the number has more bits than fit into the user data */
static void flip_number_wraps(void **state)
{
	struct xd_kms_card *card;
	struct xdc_reason why;

	assert_int_equal(xd_kms_card_get(&loop, policy.card, &card, &why), 0);
	card->number = 0x0ffffffe;
	assert_int_equal(output->ops->flip(output, image), 0);
	send_event(drm.data);
	assert_int_equal(done, 1);
	assert_int_equal(output->ops->flip(output, image), 0);
	send_event(drm.data);
	assert_int_equal(done, 2);
	xd_kms_card_put(card);
}

/* A flip whose event never comes */
static void flip_times_out(void **state)
{
	assert_int_equal(output->ops->flip(output, image), 0);
	run_for(1500);
	assert_int_equal(lost, 0);
	run_for(1000);
	assert_int_equal(lost, 1);
	/* not removed, as that would wait for the card */
	assert_int_equal(drm.closed, 1);
	/* no timeout after a flip that is done */
	drm.crtc[0].busy = false;
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(output->ops->flip(output, image), 0);
	send_event(drm.data);
	run_for(2300);
	assert_int_equal(lost, 1);
	/* nor after off() */
	assert_int_equal(output->ops->flip(output, image), 0);
	output->ops->off(output);
	land();
	run_for(2300);
	assert_int_equal(lost, 1);
}

static void stall(struct xdc_source *s, uint32_t events)
{
	xdc_loop_remove(&loop, s);
	fake_drm_event(policy.card, drm.data);
	usleep(2100 * 1000);
}

/* The daemon did something else when the event came, and for longer than the card may take */
static void flip_done_during_stall(void **state)
{
	struct xdc_source slow = { .ready = stall };
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	slow.fd = fds[0];
	assert_int_equal(xdc_loop_add(&loop, &slow, EPOLLIN), 0);
	assert_int_equal(output->ops->flip(output, image), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	run_for(3000);
	assert_int_equal(done, 1);
	assert_int_equal(lost, 0);
	assert_int_equal(broken, 0);
	close(fds[0]);
	close(fds[1]);
}

/* The timeout is the commit's, and goes with it */
static void finished_flip_leaves_no_timer(void **state)
{
	assert_true(LIST_EMPTY(&loop.timers));
	assert_int_equal(output->ops->flip(output, image), 0);
	assert_false(LIST_EMPTY(&loop.timers));
	land();
	assert_int_equal(done, 1);
	assert_true(LIST_EMPTY(&loop.timers));
}

/* The event of the flip comes, and the output is lost nevertheless */
static void card_vanishes_during_flip(void **state)
{
	assert_int_equal(output->ops->flip(output, image), 0);
	drm.fail_once = ENODEV;
	assert_int_equal(output->ops->show(output, image, 4, 0), -ENODEV);
	assert_int_equal(lost, 0);
	land();
	assert_int_equal(lost, 1);
}

/* ---- one commit after the other ---- */

/* On and off, faster than the card does it */
static void requests_while_busy(void **state)
{
	const struct xd_output_ops *o = output->ops;
	unsigned int i, commits = drm.commits;

	for (i = 0; i < 100; i++) {
		o->off(output);
		assert_int_equal(o->show(output, image, 0, 0), 0);
	}
	/* the first, and the newest after it */
	assert_int_equal(drm.commits, commits + 1);
	land();
	assert_int_equal(drm.commits, commits + 2);
	assert_int_equal(fake_drm_lit_by(0), 0);
	/* a flip before the mode is set is done after it */
	o->off(output);
	assert_int_equal(o->show(output, image, 0, 0), 0);
	assert_int_equal(o->flip(output, image), 0);
	assert_int_equal(done, 0);
	land();
	assert_int_equal(done, 1);
	/* and one that is forgotten is not */
	assert_int_equal(o->flip(output, image), 0);
	o->off(output);
	land();
	assert_int_equal(done, 1);
	assert_int_equal(fake_drm_lit_by(0), -1);
	assert_int_equal(o->show(output, image, 0, 0), 0);
}

/* A guest leaves while its flip is under way, and another one comes */
static void left_during_flip(void **state)
{
	const struct xd_output_ops *o = output->ops;
	struct xd_image *second = import_image(output);

	assert_int_equal(o->flip(output, second), 0);
	o->off(output);
	o->release(output, second);
	o->release(output, image);
	o->destroy(output);
	output = NULL;
	/* both images may still be read */
	assert_int_equal(drm.fbs, 2);
	assert_int_equal(open_output(), 0);
	image = import_image(output);
	assert_int_equal(output->ops->show(output, image, 0, 0), 0);
	land();
	assert_int_equal(drm.fbs, 1);
	assert_int_equal(fake_drm_lit_by(0), 0);
	assert_int_equal(done, 0);
	/* and one comes when all is over */
	close_output();
	assert_int_equal(drm.fbs, 0);
	assert_int_equal(fake_drm_lit_by(0), -1);
}

static void busy_card_is_asked_again(void **state)
{
	drm.fail_once = EBUSY;
	assert_int_equal(output->ops->flip(output, image), 0);
	run_for(50);
	land();
	assert_int_equal(done, 1);
	drm.fail_once = EBUSY;
	output->ops->off(output);
	run_for(50);
	land();
	assert_int_equal(fake_drm_lit_by(0), -1);
	drm.fail_once = EBUSY;
	assert_int_equal(output->ops->show(output, image, 0, 0), 0);
	run_for(50);
	land();
	assert_int_equal(fake_drm_lit_by(0), 0);
	/* for a while */
	drm.commit_err = EBUSY;
	assert_int_equal(output->ops->flip(output, image), 0);
	run_for(1500);
	assert_int_equal(lost, 0);
	run_for(1000);
	assert_int_equal(lost, 1);
}

static void refused_later(void **state)
{
	/* asked for while another flip is under way, by a show that is tested */
	assert_int_equal(output->ops->flip(output, image), 0);
	drm.fail_once = EINVAL;
	assert_int_equal(output->ops->show(output, image, 4, 0), -EINVAL);
	assert_int_equal(output->ops->show(output, image, 0, 0), 0);
	drm.fail_once = ENOSPC;
	land();
	assert_int_equal(refused, -ENOSPC);
	assert_int_equal(lost, 0);
	assert_int_equal(output->ops->flip(output, image), 0);
	land();
	assert_int_equal(done, 1);
	/* what a copy would not avoid */
	assert_int_equal(output->ops->flip(output, image), 0);
	assert_int_equal(output->ops->show(output, image, 0, 0), 0);
	drm.fail_once = EACCES;
	land();
	assert_int_equal(lost, 1);
}

/* A show that fails leaves later flips where they were */
static void failed_show_keeps_position(void **state)
{
	drm.commit_err = EINVAL;
	assert_int_equal(output->ops->show(output, image, 0, 8), -EINVAL);
	drm.commit_err = 0;
	assert_int_equal(output->ops->flip(output, image), 0);
	land();
	assert_int_equal(fake_drm_get(fake_drm_plane(0), "SRC_Y"), 0);
}

/* Only imported images are blamed for a flip that the card does not complete */
static void flip_that_stalls(void **state)
{
	struct xd_image *shadow;

	assert_int_equal(output->ops->flip(output, image), 0);
	run_for(2300);
	assert_int_equal(lost, 1);
	assert_int_equal(broken, 1);
	drm.crtc[0].busy = false;
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(output->ops->shadow(output, &shadow), 0);
	assert_int_equal(output->ops->flip(output, shadow), 0);
	output->ops->release(output, image);
	image = shadow;
	run_for(2300);
	assert_int_equal(lost, 2);
	assert_int_equal(broken, 1);
	drm.crtc[0].busy = false;
}

/*
 * A flip of one guest does not finish.  The card takes no further commit of that
 * CRTC, and another guest's screen goes on.
 */
static void flip_that_stalls_leaves_other_screens(void **state)
{
	struct xd_picture wide = picture;
	struct xd_output *second;

	drm.connectors = drm.crtcs = 2;
	snprintf(policy.connector, sizeof(policy.connector), "VGA-2");
	assert_int_equal(open_policy(&second), 0);
	assert_int_equal(output->ops->flip(output, image), 0);
	run_for(2300);
	assert_int_equal(lost, 1);
	assert_int_equal(broken, 1);
	output = second;
	wide.width = 2 * picture.width;
	wide.pitch = 2 * picture.pitch;
	assert_int_equal(output->ops->import(output, &wide, &image), 0);
	assert_int_equal(output->ops->show(output, image, 0, 0), 0);
	assert_int_equal(fake_drm_lit_by(1), 1);
	send_event(drm.crtc[1].data);
	assert_int_equal(output->ops->show(output, image, 4, 0), 0);
	send_event(drm.crtc[1].data);
	assert_int_equal(fake_drm_get(fake_drm_plane(1), "SRC_X"), 4 << 16);
	run_for(2300);
	assert_int_equal(lost, 1);
	/* it finishes after all, and no guest shows anything there */
	assert_int_equal(fake_drm_lit_by(0), 0);
	land();
	assert_int_equal(output->ops->show(output, image, 0, 0), 0);
	land();
	assert_int_equal(fake_drm_lit_by(0), -1);
	assert_int_equal(lost, 1);
}

/* A guest that shows pictures all the time would fill the log */
static void refused_clearing_asked_once(void **state)
{
	struct xd_output *second;
	unsigned int i;

	drm.connectors = drm.crtcs = 3;
	snprintf(policy.connector, sizeof(policy.connector), "VGA-2");
	assert_int_equal(open_policy(&second), 0);
	assert_int_equal(output->ops->flip(output, image), 0);
	run_for(2300);
	assert_int_equal(lost, 1);
	/* something else is to be cleared, which fails */
	fake_drm_light(2, 2);
	output = second;
	image = import_image(output);
	warnings = 0;
	for (i = 0; i < 3; i++) {
		if (!i)
			drm.fail_once = EINVAL;
		assert_int_equal(output->ops->show(output, image, 0, 0), 0);
		send_event(drm.crtc[1].data);
	}
	assert_int_equal(warnings, 1);
	assert_int_equal(fake_drm_lit_by(2), 2);
}

/* Nothing of the guest is under way: no picture is to blame */
static void busy_card_breaks_no_output(void **state)
{
	drm.commit_err = EBUSY;
	assert_int_equal(output->ops->flip(output, image), 0);
	run_for(2300);
	assert_int_equal(lost, 1);
	assert_int_equal(broken, 0);
}

/* A dumb buffer of whole pages, exported */
static void alloc_exports_dumb_buffer(void **state)
{
	int fd = -1;

	assert_int_equal(output->ops->alloc(output, 3 * 4096, &fd), -ENOSYS);
	assert_int_equal(drm.dumbs, 0);
	drm.exported = 77;
	assert_int_equal(output->ops->alloc(output, 3 * 4096, &fd), 0);
	assert_int_equal(fd, 77);
	assert_int_equal(drm.dumb_size, 3 * 4096);
	assert_int_equal(drm.dumbs, 0);
}

/* The import is tried, and its handle closed */
static void reach_keeps_no_handle(void **state)
{
	assert_int_equal(output->ops->reach(output, 5), 0);
	assert_int_equal(drm.handles, 0);
	drm.prime_err = EREMOTEIO;
	assert_int_equal(output->ops->reach(output, 5), -EREMOTEIO);
	assert_int_equal(drm.handles, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(flip_done_once),
		test(flip_number_wraps),
		test(flip_times_out),
		test(flip_done_during_stall),
		test(finished_flip_leaves_no_timer),
		test(card_vanishes_during_flip),
		test(alloc_exports_dumb_buffer),
		test(odd_pitch_is_refused),
		test(card_that_scans_out_shows_offset),
		test(copying_card_with_damage_refuses_offset),
		test(copying_card_without_damage_refuses_offset),
		test(gpu_with_damage_shows_offset),
		test(virtual_gpu_needs_flips),
		test(reach_keeps_no_handle),
		test(requests_while_busy),
		test(left_during_flip),
		test(busy_card_is_asked_again),
		test(refused_later),
		test(failed_show_keeps_position),
		test(flip_that_stalls),
		test(flip_that_stalls_leaves_other_screens),
		test(refused_clearing_asked_once),
		test(busy_card_breaks_no_output),
	};

	return run_group(tests, sizeof(tests) / sizeof(tests[0]));
}
