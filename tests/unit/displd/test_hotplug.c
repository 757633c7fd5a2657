// SPDX-License-Identifier: GPL-2.0-only
/* Cards and screens that are plugged in and out, or exchanged */
#include "fake_kms.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "output/hotplug.h"

static void unplugged_connector_is_lost(void **state)
{
	xd_kms_hotplug();
	assert_int_equal(lost, 0);
	drm.connector[0].plugged = false;
	xd_kms_hotplug();
	assert_int_equal(lost, 1);
	/* it may come back */
	assert_int_equal(open_output(), -EAGAIN);
	drm.connector[0].plugged = true;
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
	/* or a flip is the first to notice */
	drm.commit_err = ENODEV;
	assert_int_equal(output->ops->flip(output, image), -ENODEV);
	assert_int_equal(lost, 1);
	run_for(200);
	assert_int_equal(lost, 2);
}

/* Its number is free for the card that is plugged in next */
static void removed_card_does_not_linger(void **state)
{
	close_output();
	assert_int_equal(drm.files, 1);
	drm.removed = true;
	xd_kms_hotplug();
	wait_for_files(0);
}

/* The kernel says so by an event, and the mode has to be set again */
static void bad_link_is_set_up_again(void **state)
{
	fake_drm_set(fake_drm_connector(0), "link-status", 1);
	xd_kms_hotplug();
	assert_int_equal(lost, 1);
	land();
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(fake_drm_get(fake_drm_connector(0), "link-status"), 0);
	xd_kms_hotplug();
	assert_int_equal(lost, 1);
}

/* ---- a screen that is exchanged for another ---- */

static void exchange_screen(struct fake_mode first, struct fake_mode second)
{
	drm.connector[0].modes[0] = first;
	drm.connector[0].modes[1] = second;
	xd_kms_hotplug();
	run_for(400);
}

static void expect_size(uint32_t width, uint32_t height)
{
	uint32_t w, h;
	char text[160];

	assert_int_equal(open_output(), 0);
	output->ops->describe(output, text, sizeof(text), &w, &h);
	assert_int_equal(w, width);
	assert_int_equal(h, height);
	show_image();
}

/* Nobody has seen it unplugged */
static void exchanged_screen_gets_its_mode(void **state)
{
	const struct fake_mode usual = { 64, 48 }, small = { 32, 24 };
	const struct fake_mode large = { 128, 96 }, none = { 0, 0 };

	/* the same screen, or one with the same mode, and others that are no better */
	exchange_screen(usual, none);
	exchange_screen(small, usual);
	exchange_screen(usual, large);
	assert_int_equal(lost, 0);
	/* the mode is none of the next one's */
	exchange_screen(small, none);
	assert_int_equal(lost, 1);
	expect_size(32, 24);
	/* the next one has this mode as well, and a better one */
	exchange_screen(small, usual);
	assert_int_equal(lost, 2);
	expect_size(64, 48);
	/* one that cannot be asked for its modes */
	exchange_screen(none, none);
	assert_int_equal(lost, 2);
	/* nor just now, for which Linux has modes of its own */
	fake_drm_set(fake_drm_connector(0), "EDID", 0);
	exchange_screen(small, none);
	assert_int_equal(lost, 2);
}

/* As a bad cable causes them */
static void flood_of_events_probes_once(void **state)
{
	unsigned int i;

	assert_int_equal(drm.connector[0].probes, 1);
	for (i = 0; i < 20; i++)
		xd_kms_hotplug();
	assert_int_equal(drm.connector[0].probes, 1);
	run_for(400);
	assert_int_equal(drm.connector[0].probes, 2);
	/* it is known now what the screen can do */
	close_output();
	expect_size(64, 48);
	assert_int_equal(drm.connector[0].probes, 2);
}

/* ---- the kernel's events ---- */

static void probed_at_hotplug_alone(void **state)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		close_output();
		xd_kms_stop();
		assert_int_equal(open_output(), 0);
		show_image();
	}
	assert_int_equal(drm.connector[0].probes, 1);
	xd_kms_hotplug();
	close_output();
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(drm.connector[0].probes, 2);
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags);

/* An eventfd, each event of which is one of the kernel's */
int __wrap_socket(int domain, int type, int protocol)
{
	if (domain != AF_NETLINK)
		return __real_socket(domain, type, protocol);
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	return 0;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	static const char change[] = "change@/x\0SUBSYSTEM=drm";
	uint64_t events;

	if (read(fd, &events, sizeof(events)) != sizeof(events))
		return -1;
	memcpy(msg->msg_iov->iov_base, change, sizeof(change));
	return sizeof(change);
}

static int lost_before, changes;

static void note_change(void *user)
{
	changes++;
	lost_before = lost;
}

/* Whose screen was exchanged sets it up again before another guest may look for one */
static void guest_of_exchanged_screen_is_told_first(void **state)
{
	const uint64_t one = 1;
	struct xd_hotplug *h;
	int fd = dup(STDIN_FILENO);

	close(fd);
	assert_int_equal(xd_hotplug_start(&loop, note_change, NULL, &h), 0);
	drm.connector[0].modes[0] = (struct fake_mode){ 32, 24 };
	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
	run_for(400);
	assert_int_equal(changes, 1);
	assert_int_equal(lost_before, 1);
	xd_hotplug_stop(h);
	expect_size(32, 24);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(unplugged_connector_is_lost),
		test(removed_card_is_lost),
		test(removed_card_does_not_linger),
		test(bad_link_is_set_up_again),
		test(exchanged_screen_gets_its_mode),
		test(flood_of_events_probes_once),
		test(probed_at_hotplug_alone),
		test(guest_of_exchanged_screen_is_told_first),
		cmocka_unit_test(uevents_of_drm),
	};

	return run_group(tests, sizeof(tests) / sizeof(tests[0]));
}
