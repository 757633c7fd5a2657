// SPDX-License-Identifier: GPL-2.0-only
/* Cards, screens and CRTCs: which are taken, and what others have left there */
#include "fake_kms.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>

static void broken_card_does_not_linger(void **state)
{
	close_output();
	drm.handle_err = EIO;
	send_event(NULL);
	wait_for_files(0);
	/* it is not read any more, and the next user opens it anew */
	drm.handle_err = 0;
	run_for(20);
	assert_int_equal(open_output(), 0);
	show_image();
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
	close_output();
	drm.taken = true;
	assert_int_equal(open_output(), -EAGAIN);
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
		xd_kms_stop();
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
	drm.connector[0].plugged = false;
	expect_choice(policy.card, -EAGAIN, "no screen is connected to ");
	drm.connector[0].plugged = true;
	/* EBUSY is final: the program may release the card for a moment only */
	drm.taken = true;
	expect_choice(policy.card, -EBUSY, "another program");
	/* a card that the policy names is waited for */
	assert_int_equal(open_output(), -EAGAIN);
	expect_choice("/nowhere/card0", -EAGAIN, "No such file");
	/* its end is no event of the card */
	xd_kms_stop();
	limit_files(0);
	expect_choice(policy.card, -EMFILE, "Too many open files");
	expect_choice("", -EMFILE, "Too many open files");
	limit_files(1000);
}

static void auto_with_two_cards(void **state)
{
	char second[64], away[64];

	close_output();
	xd_kms_stop();
	expect_choice("", 0, "VGA-1 of /dev/dri/card0");
	snprintf(second, sizeof(second), "%s/card1", fake_drm_folder);
	assert_int_equal(mkfifo(second, 0600), 0);
	drm.taken_path = policy.card;
	expect_choice("", 0, "VGA-1 of /dev/dri/card1");
	/* the second may be free for a moment */
	drm.taken = true;
	drm.taken_path = NULL;
	expect_choice("", -EBUSY,
		      "another program (X, Wayland) has /dev/dri/card0");
	drm.taken = false;
	drm.connector[0].plugged = false;
	assert_int_equal(unlink(second), 0);
	expect_choice("", -EAGAIN, "no screen is connected to /dev/dri/card0");
	snprintf(away, sizeof(away), "%s/away", fake_drm_folder);
	assert_int_equal(rename(policy.card, away), 0);
	expect_choice("", -EAGAIN, "there is no graphics card in /dev/dri");
	assert_int_equal(rename(away, policy.card), 0);
}

/* Before udev has set its permissions, or for good */
static void auto_with_denied_card(void **state)
{
	char second[64];

	close_output();
	xd_kms_stop();
	drm.denied = "card0";
	expect_choice(policy.card, -EACCES, "card0: Permission denied");
	expect_choice("", -EACCES, "card0: Permission denied");
	/* that the policy names: tried again, too */
	assert_int_equal(open_output(), -EAGAIN);
	/* the other card has no screen, which tells less */
	snprintf(second, sizeof(second), "%s/card1", fake_drm_folder);
	assert_int_equal(mkfifo(second, 0600), 0);
	expect_choice("", 0, "VGA-1 of /dev/dri/card1");
	drm.denied = "card1";
	drm.connector[0].plugged = false;
	expect_choice("", -EACCES, "card1: Permission denied");
	/* another program may want the first one back */
	drm.connector[0].plugged = true;
	drm.taken = true;
	expect_choice("", -EBUSY, "another program");
	assert_int_equal(unlink(second), 0);
}

/* ---- several connectors and CRTCs ---- */

/* A card of two connectors and CRTCs, as others have left it */
static void take_two(void)
{
	close_output();
	xd_kms_stop();
	fake_drm_reset();
	xd_kms_hotplug();
	drm.connectors = drm.crtcs = 2;
}

/* The CRTC that the console lights the connector with, not the first free one */
static void lit_connector_keeps_crtc(void **state)
{
	take_two();
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(fake_drm_lit_by(0), 0);
	take_two();
	drm.connectors = 1;
	fake_drm_light(0, 1);
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(fake_drm_lit_by(0), 1);
	/* one commit is enough */
	assert_int_equal(drm.commits, 1);
}

/* The console has both monitors, and the guest is to have the second */
static void second_lit_monitor(void **state)
{
	take_two();
	fake_drm_light(0, 0);
	fake_drm_light(1, 1);
	snprintf(policy.connector, sizeof(policy.connector), "VGA-2");
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(fake_drm_lit_by(1), 1);
	assert_int_equal(fake_drm_lit_by(0), -1);
	assert_int_equal(fake_drm_get(fake_drm_crtc(0), "ACTIVE"), 0);
	assert_int_equal(output->ops->flip(output, image), 0);
	land();
	assert_int_equal(done, 1);
}

/* ... on one CRTC, for both */
static void lit_crtc_of_another_connector(void **state)
{
	take_two();
	fake_drm_light(0, 0);
	fake_drm_light(1, 0);
	drm.connector[0].possible = drm.connector[1].possible = 1;
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(fake_drm_lit_by(0), 0);
	assert_int_equal(fake_drm_lit_by(1), -1);
}

/* A console that is blank keeps its mode, and has no events */
static void blank_console(void **state)
{
	take_two();
	fake_drm_light(0, 0);
	fake_drm_light(1, 1);
	fake_drm_set(fake_drm_crtc(0), "ACTIVE", 0);
	fake_drm_set(fake_drm_crtc(1), "ACTIVE", 0);
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(fake_drm_lit_by(0), 0);
	assert_int_equal(fake_drm_lit_by(1), -1);
}

static struct xd_output *open_second(void)
{
	struct xd_output *second;

	snprintf(policy.connector, sizeof(policy.connector), "VGA-2");
	assert_int_equal(open_policy(&second), 0);
	return second;
}

/* The first connector leaves the second the only CRTC that it can have */
static void crtcs_are_not_taken_greedily(void **state)
{
	struct xd_output *second;
	struct xd_image *other;

	take_two();
	drm.connector[1].possible = 1;
	/* lit on that one, which it must leave */
	fake_drm_light(0, 0);
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(fake_drm_lit_by(0), 1);
	second = open_second();
	other = import_image(second);
	assert_int_equal(second->ops->show(second, other, 0, 0), 0);
	land();
	assert_int_equal(fake_drm_lit_by(1), 0);
	/* the first one was not disturbed */
	assert_int_equal(fake_drm_lit_by(0), 1);
	second->ops->off(second);
	second->ops->release(second, other);
	second->ops->destroy(second);
	land();
	assert_int_equal(fake_drm_lit_by(0), 1);
}

/* A connector without a screen counts less than one with a screen */
static void crtcs_for_screens_first(void **state)
{
	take_two();
	drm.connectors = 3;
	drm.connector[0].possible = 3;
	drm.connector[1].possible = 1;
	drm.connector[1].plugged = false;
	drm.connector[2].possible = 2;
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(fake_drm_lit_by(0), 0);
}

/* The first plane is the only one that the second CRTC can have */
static void planes_are_not_taken_greedily(void **state)
{
	struct xd_output *second;
	struct xd_image *other;

	take_two();
	drm.planes[0] = 3;
	drm.planes[1] = 1;
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(fake_drm_get(fake_drm_plane(1), "CRTC_ID"),
			 fake_drm_crtc(0));
	second = open_second();
	other = import_image(second);
	assert_int_equal(second->ops->show(second, other, 0, 0), 0);
	land();
	assert_int_equal(fake_drm_get(fake_drm_plane(0), "CRTC_ID"),
			 fake_drm_crtc(1));
	second->ops->off(second);
	second->ops->release(second, other);
	second->ops->destroy(second);
	land();
}

static void one_card_of_two_names(void **state)
{
	struct xd_output *second;
	char name[64];

	take_two();
	assert_int_equal(open_output(), 0);
	show_image();
	snprintf(name, sizeof(name), "%s/by-path", fake_drm_folder);
	assert_int_equal(symlink(policy.card, name), 0);
	snprintf(policy.card, sizeof(policy.card), "%s", name);
	second = open_second();
	snprintf(policy.card, sizeof(policy.card), "%s/card0", fake_drm_folder);
	assert_int_equal(drm.files, 1);
	second->ops->destroy(second);
	unlink(name);
}

/* ---- what others have left ---- */

static void settings_of_others_are_reset(void **state)
{
	static const struct {
		const char *name;
		uint64_t value;
	} left[] = {
		{ "GAMMA_LUT", 7 },
		{ "CTM", 8 },
		{ "rotation", 4 },
		{ "alpha", 100 },
		{ "HDR_OUTPUT_METADATA", 9 },
	};
	static const uint64_t right[] = { 0, 0, 1, 0xffff, 0 };
	uint32_t objects[5];
	size_t i;

	objects[0] = objects[1] = fake_drm_crtc(0);
	objects[2] = objects[3] = fake_drm_plane(0);
	objects[4] = fake_drm_connector(0);
	close_output();
	xd_kms_stop();
	for (i = 0; i < 5; i++)
		fake_drm_set(objects[i], left[i].name, left[i].value);
	fake_drm_light(0, 0);
	assert_int_equal(open_output(), 0);
	show_image();
	for (i = 0; i < 5; i++)
		assert_int_equal(fake_drm_get(objects[i], left[i].name),
				 right[i]);
}

static void cursor_of_others_is_removed(void **state)
{
	close_output();
	xd_kms_stop();
	fake_drm_light(0, 0);
	fake_drm_set(fake_drm_cursor(0), "FB_ID", 5);
	fake_drm_set(fake_drm_cursor(0), "CRTC_ID", fake_drm_crtc(0));
	assert_int_equal(open_output(), 0);
	show_image();
	assert_int_equal(fake_drm_get(fake_drm_cursor(0), "FB_ID"), 0);
	assert_int_equal(fake_drm_lit_by(0), 0);
}

/* ---- nothing is opened in vain ---- */

static void write_status(const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/0:0/card0-VGA-1/status",
		 fake_drm_folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void make_folders(void)
{
	static const char *const names[] = { "sys", "sys/0:0",
					     "sys/0:0/card0-VGA-1" };
	char path[128];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", fake_drm_folder,
			 names[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
}

static void remove_folders(void)
{
	static const char *const names[] = { "sys/0:0/card0-VGA-1/status",
					     "sys/0:0/card0-VGA-1", "sys/0:0",
					     "sys" };
	char path[128];
	size_t i;

	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", fake_drm_folder,
			 names[i]);
		assert_int_equal(remove(path), 0);
	}
}

static void card_without_screen_is_not_opened(void **state)
{
	unsigned int seized;

	close_output();
	xd_kms_stop();
	make_folders();
	seized = drm.seized;
	write_status("disconnected\n");
	expect_choice(policy.card, -EAGAIN, "no screen is connected to ");
	assert_int_equal(open_output(), -EAGAIN);
	assert_int_equal(drm.seized, seized);
	write_status("connected\n");
	/* the wrong one */
	snprintf(policy.connector, sizeof(policy.connector), "VGA-2");
	assert_int_equal(open_output(), -EAGAIN);
	assert_int_equal(drm.seized, seized);
	snprintf(policy.connector, sizeof(policy.connector), "VGA-1");
	assert_int_equal(open_output(), 0);
	show_image();
	close_output();
	xd_kms_stop();
	/* nobody has looked yet */
	write_status("unknown\n");
	/* or nobody can: the folder is the last file */
	limit_files(1);
	assert_int_equal(open_output(), 0);
	limit_files(1000);
	show_image();
	remove_folders();
}

/* A compositor that starts while no guest is shown finds the card free */
static void master_is_dropped(void **state)
{
	int fd;

	close_output();
	assert_int_equal(drm.files, 1);
	fd = open(policy.card, O_RDWR | O_NONBLOCK);
	assert_true(drmIsMaster(fd));
	assert_int_equal(open_output(), -EAGAIN);
	assert_true(drmIsMaster(fd));
	close(fd);
	assert_int_equal(open_output(), 0);
	show_image();
}

/*
 * The file of a card that another program had when it was opened is of no use
 * to a daemon without privileges
 */
static void card_of_another_program_is_opened_anew(void **state)
{
	close_output();
	xd_kms_stop();
	drm.taken = true;
	assert_int_equal(open_output(), -EAGAIN);
	wait_for_files(0);
	drm.taken = false;
	assert_int_equal(open_output(), 0);
	show_image();
}

/* A card is closed a little after its last guest, in case that one comes back */
static void card_is_closed_later(void **state)
{
	close_output();
	assert_int_equal(drm.files, 1);
	run_for(1500);
	assert_int_equal(drm.files, 1);
	assert_int_equal(open_output(), 0);
	show_image();
	run_for(1000);
	assert_int_equal(drm.files, 1);
	close_output();
	run_for(2300);
	wait_for_files(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(broken_card_does_not_linger),
		test(card_with_broken_events_is_lost),
		test(missing_card_may_come),
		test(auto_with_one_card),
		test(auto_with_two_cards),
		test(auto_with_denied_card),
		test(lit_connector_keeps_crtc),
		test(second_lit_monitor),
		test(lit_crtc_of_another_connector),
		test(blank_console),
		test(crtcs_are_not_taken_greedily),
		test(crtcs_for_screens_first),
		test(planes_are_not_taken_greedily),
		test(one_card_of_two_names),
		test(settings_of_others_are_reset),
		test(cursor_of_others_is_removed),
		test(card_without_screen_is_not_opened),
		test(master_is_dropped),
		test(card_of_another_program_is_opened_anew),
		test(card_is_closed_later),
	};

	return run_group(tests, sizeof(tests) / sizeof(tests[0]));
}
