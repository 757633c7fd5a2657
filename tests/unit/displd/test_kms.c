// SPDX-License-Identifier: GPL-2.0-only
/* Outputs on a graphics card, also when the card or the screen is unplugged */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_drm.h"
#include "output/hotplug.h"
#include "output/kms-card.h"
#include "common/log.h"
#include "output/kms.h"

static struct xdc_loop loop;
static struct xd_output *output;
static struct xd_image *image;
static struct xd_policy policy = { .connector = "VGA-1" };
static char folder[] = "/tmp/displd-kms-XXXXXX";
static int done, lost;

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
}

static void flip_done(struct xd_output *o)
{
	assert_ptr_equal(o, output);
	done++;
	xdc_loop_stop(&loop);
}

/* As a screen does */
static void output_lost(struct xd_output *o)
{
	assert_ptr_equal(o, output);
	lost++;
	o->ops->release(o, image);
	o->ops->destroy(o);
	output = NULL;
	xdc_loop_stop(&loop);
}

static int open_output(void)
{
	struct xdc_reason why;
	int err = xd_kms_open(&loop, &policy, 64, 48, &output, &why);

	if (!err) {
		output->flip_done = flip_done;
		output->lost = output_lost;
	}
	return err;
}

static void stop_loop(struct xdc_timer *t)
{
	xdc_loop_stop(&loop);
}

/* or until xdc_loop_stop() */
static void run_for(uint64_t ms)
{
	struct xdc_timer timer;

	assert_int_equal(xdc_timer_init(&loop, &timer, stop_loop), 0);
	xdc_timer_in(&timer, ms * XDC_NS_PER_MS);
	loop.stop = false;
	assert_int_equal(xdc_loop_run(&loop), 0);
	xdc_timer_fini(&timer);
}

static const struct xd_format xrgb = { .fourcc = 0x34325258 };

static void show_image(void)
{
	const struct xd_picture pic = {
		.format = &xrgb,
		.width = 64,
		.height = 48,
		.pitch = 256,
	};

	assert_int_equal(output->ops->import(output, &pic, &image), 0);
	assert_int_equal(output->ops->show(output, image, 0, 0), 0);
}

static int set_up(void **state)
{
	memset(&drm, 0, sizeof(drm));
	drm.plugged = true;
	drm.exported = -1;
	drm.crtcs = 1;
	drm.lit = -1;
	done = lost = 0;
	if (xdc_loop_init(&loop) || open_output())
		return -1;
	show_image();
	return 0;
}

static int tear_down(void **state)
{
	if (output) {
		output->ops->off(output);
		output->ops->release(output, image);
		output->ops->destroy(output);
	}
	assert_int_equal(drm.fbs, 0);
	assert_int_equal(drm.blobs, 0);
	assert_int_equal(drm.dumbs, 0);
	assert_int_equal(drm.handles, 0);
	xdc_loop_fini(&loop);
	return 0;
}

/* some drivers would round the pitch down */
static void odd_pitch_is_refused(void **state)
{
	struct xd_picture pic = {
		.format = &xrgb,
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

/* Drivers that copy begin at the image's corner, even if x and y say otherwise */
static void copying_driver_refuses_offset(void **state)
{
	const struct xd_output_ops *o = output->ops;
	/* the output reads on: it embeds struct xd_image in a larger one */
	union {
		struct xd_image image;
		char room[256];
	} shadow = { .image = {
			     .width = 64, .height = 48, .pixels = &shadow } };
	unsigned int commits;

	assert_int_equal(o->show(output, image, 8, 0), 0);
	assert_int_equal(o->flip(output, image), 0);
	o->off(output);
	o->release(output, image);
	o->destroy(output);
	drm.copies = true;
	assert_int_equal(open_output(), 0);
	show_image();
	o = output->ops;
	assert_int_equal(o->flip(output, image), 0);
	commits = drm.commits;
	assert_int_equal(o->show(output, image, 8, 0), -EOPNOTSUPP);
	assert_int_equal(o->flip(output, image), -EOPNOTSUPP);
	assert_int_equal(o->show(output, image, 0, 8), -EOPNOTSUPP);
	assert_int_equal(drm.commits, commits);
	/* a shadow contains the right part */
	assert_int_equal(o->show(output, &shadow.image, 0, 8), 0);
	assert_int_equal(o->flip(output, &shadow.image), 0);
	assert_int_equal(o->flip(output, image), -EOPNOTSUPP);
	assert_int_equal(o->show(output, image, 0, 0), 0);
	assert_int_equal(o->flip(output, image), 0);
}

static void send_event(void *data)
{
	fake_drm_event(policy.card, data);
	run_for(200);
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
	card->pipes[0]->number = 0x0ffffffe;
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
	/* no timeout after a flip that is done */
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(output->ops->flip(output, image), 0);
	send_event(drm.data);
	run_for(2300);
	assert_int_equal(lost, 1);
	/* nor after off() */
	assert_int_equal(output->ops->flip(output, image), 0);
	output->ops->off(output);
	run_for(2300);
	assert_int_equal(lost, 1);
}

static void unplugged_connector_is_lost(void **state)
{
	xd_kms_hotplug();
	assert_int_equal(lost, 0);
	drm.plugged = false;
	xd_kms_hotplug();
	assert_int_equal(lost, 1);
	/* it may come back */
	assert_int_equal(open_output(), -EAGAIN);
	drm.plugged = true;
	assert_int_equal(open_output(), 0);
	show_image();
}

static void removed_card_is_lost(void **state)
{
	drm.removed = true;
	drm.commit_err = ENODEV;
	xd_kms_hotplug();
	assert_int_equal(lost, 1);
	assert_int_equal(open_output(), -EAGAIN);
	/* another one with the same path */
	drm.removed = false;
	drm.commit_err = 0;
	assert_int_equal(open_output(), 0);
	show_image();
	/* and a flip is the first to notice */
	drm.commit_err = ENODEV;
	assert_int_equal(output->ops->flip(output, image), -ENODEV);
	assert_int_equal(lost, 1);
	run_for(200);
	assert_int_equal(lost, 2);
}

static void card_with_broken_events_is_lost(void **state)
{
	struct xd_kms_card *other, *same;
	struct xdc_reason why;

	/* a second user of the card */
	assert_int_equal(xd_kms_card_get(&loop, policy.card, &other, &why), 0);
	drm.handle_err = EAGAIN;
	send_event(NULL);
	assert_int_equal(lost, 0);
	drm.handle_err = EIO;
	send_event(NULL);
	assert_int_equal(lost, 1);
	assert_true(other->gone);
	/* it is not given out again, and its file is not read */
	drm.handle_err = 0;
	assert_int_equal(xd_kms_card_get(&loop, policy.card, &same, &why), 0);
	assert_ptr_not_equal(other, same);
	xd_kms_card_put(same);
	xd_kms_card_put(other);
}

static void missing_card_may_come(void **state)
{
	struct xd_policy none = { .card = "/nowhere/card0" };
	struct xd_output *o;
	struct xdc_reason why;

	/* its only connector is in use */
	assert_int_equal(xd_kms_open(&loop, &policy, 64, 48, &o, &why),
			 -EAGAIN);
	assert_int_equal(xd_kms_open(&loop, &none, 64, 48, &o, &why), -EAGAIN);
	output->ops->release(output, image);
	output->ops->destroy(output);
	output = NULL;
	drm.taken = true;
	assert_int_equal(open_output(), -EAGAIN);
}

/* /dev/dri is a folder of the test's */
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

static const char *our_path(const char *path)
{
	static char ours[64];

	if (strncmp(path, "/dev/dri/", 9))
		return path;
	snprintf(ours, sizeof(ours), "%s/%s", folder, path + 9);
	return ours;
}

int __wrap_access(const char *path, int mode)
{
	return __real_access(our_path(path), mode);
}

/* No mode argument: the code under test creates no files */
int __wrap_open64(const char *path, int flags, ...)
{
	return __real_open64(our_path(path), flags);
}

static void close_output(void)
{
	output->ops->off(output);
	output->ops->release(output, image);
	output->ops->destroy(output);
	output = NULL;
}

/* xd_kms_open() with output = auto */
static void expect_choice(const char *card, int wanted, const char *says)
{
	struct xd_policy p = { .output = XD_OUTPUT_AUTO };
	struct xd_output *o;
	struct xdc_reason why;
	char name[160];
	uint32_t w, h;
	int err;

	snprintf(p.card, sizeof(p.card), "%s", card);
	err = xd_kms_open(&loop, &p, 64, 48, &o, &why);
	assert_int_equal(err, wanted);
	if (!err) {
		o->ops->describe(o, name, sizeof(name), &w, &h);
		o->ops->destroy(o);
		snprintf(why.text, sizeof(why.text), "%s", name);
	}
	if (!strstr(why.text, says))
		fail_msg("'%s' does not say '%s'", why.text, says);
}

static void auto_with_one_card(void **state)
{
	/* the second guest, where there is one connector */
	expect_choice(policy.card, -EAGAIN, "every screen of ");
	close_output();
	expect_choice(policy.card, 0, "VGA-1 of ");
	drm.plugged = false;
	expect_choice(policy.card, -EAGAIN, "no screen is connected to ");
	drm.plugged = true;
	/* EBUSY is final: the program may release the card for a moment only */
	drm.taken = true;
	expect_choice(policy.card, -EBUSY, "another program");
	/* a card that the policy names is waited for */
	assert_int_equal(open_output(), -EAGAIN);
	expect_choice("/nowhere/card0", -EAGAIN, "No such file");
}

static void auto_with_two_cards(void **state)
{
	char second[64], away[64];

	close_output();
	expect_choice("", 0, "VGA-1 of /dev/dri/card0");
	snprintf(second, sizeof(second), "%s/card1", folder);
	assert_int_equal(mkfifo(second, 0600), 0);
	drm.taken_path = policy.card;
	expect_choice("", 0, "VGA-1 of /dev/dri/card1");
	/* the first has no screen, and the second may be free for a moment */
	drm.plugged = false;
	drm.taken_path = second;
	expect_choice("", -EBUSY,
		      "another program (X, Wayland) has /dev/dri/card1");
	assert_int_equal(unlink(second), 0);
	drm.taken_path = NULL;
	expect_choice("", -EAGAIN, "no screen is connected to /dev/dri/card0");
	snprintf(away, sizeof(away), "%s/away", folder);
	assert_int_equal(rename(policy.card, away), 0);
	expect_choice("", -EAGAIN, "there is no graphics card in /dev/dri");
	assert_int_equal(rename(away, policy.card), 0);
}

/* The CRTC that the console lights the connector with, not the first free one */
static void lit_connector_keeps_crtc(void **state)
{
	close_output();
	drm.crtcs = 2;
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(drm.crtc, 0);
	close_output();
	drm.lit = 1;
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(drm.crtc, 1);
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

static void uevents_of_drm(void **state)
{
	static const char change[] =
		"change@/devices/x/drm/card0\0ACTION=change\0SUBSYSTEM=drm\0";
	static const char usb[] = "add@/devices/y\0SUBSYSTEM=drm_dp\0X=drm";

	assert_true(xd_uevent_is_drm(change, sizeof(change) - 1));
	assert_false(xd_uevent_is_drm(usb, sizeof(usb)));
	/* truncated */
	assert_false(xd_uevent_is_drm(change, sizeof(change) - 3));
	assert_false(xd_uevent_is_drm(change, 0));
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(flip_done_once),
		test(flip_number_wraps),
		test(flip_times_out),
		test(unplugged_connector_is_lost),
		test(removed_card_is_lost),
		test(card_with_broken_events_is_lost),
		test(missing_card_may_come),
		test(alloc_exports_dumb_buffer),
		test(odd_pitch_is_refused),
		test(copying_driver_refuses_offset),
		test(reach_keeps_no_handle),
		test(auto_with_one_card),
		test(auto_with_two_cards),
		test(lit_connector_keeps_crtc),
		cmocka_unit_test(uevents_of_drm),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(policy.card, sizeof(policy.card), "%s/card0", folder);
	if (mkfifo(policy.card, 0600))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(policy.card);
	rmdir(folder);
	return failed;
}
