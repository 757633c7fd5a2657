// SPDX-License-Identifier: GPL-2.0-only
/* Which input device of a guest belongs to which of its connectors */
#include "unit.h"

#include <stdio.h>

#include "daemon.h"
#include "vdispl/frontend.h"
#include "guest.h"
#include "vkb/connect.h"
#include "vkb/input.h"
#include "vkb/kbd.h"
#include "pair.h"
#include "seat/seat.h"

static struct xd_daemon daemon;
static struct xd_guest guest, other;
static struct xd_frontend display, second;
static struct xd_kbd kbds[3];
static unsigned int released, told;

void xd_kbd_release(struct xd_kbd *k, unsigned int what)
{
	assert_true(k->dev.connected);
	assert_int_equal(what, XD_INPUT_ALL);
	released++;
}

bool xd_kbd_is_new(struct xd_kbd *k)
{
	return false;
}

void xd_kbd_offer(struct xd_kbd *k, uint32_t w, uint32_t h)
{
}

void xd_seat_changed(struct xd_seat *s)
{
	assert_null(s);
	told++;
}

static void add_connector(struct xd_frontend *f, const char *id)
{
	struct xd_connector *c = &f->connectors[f->nr_connectors++];

	snprintf(c->unique_id, sizeof(c->unique_id), "%s", id);
	c->screen.policy.input = true;
}

static int begin(void **state)
{
	unsigned int i;

	memset(&daemon, 0, sizeof(daemon));
	memset(&display, 0, sizeof(display));
	memset(&second, 0, sizeof(second));
	memset(kbds, 0, sizeof(kbds));
	display.guest = second.guest = &guest;
	second.devid = 1;
	LIST_INSERT_HEAD(&daemon.frontends, &display, link);
	LIST_INSERT_HEAD(&daemon.frontends, &second, link);
	add_connector(&display, "left");
	add_connector(&display, "right");
	add_connector(&second, "");
	for (i = 0; i < 3; i++) {
		kbds[i].dev.guest = &guest;
		kbds[i].dev.devid = i;
		kbds[i].dev.connected = true;
		LIST_INSERT_HEAD(&daemon.kbds, &kbds[i], link);
	}
	released = told = 0;
	return 0;
}

static struct xd_input *input_of(struct xd_frontend *f, unsigned int n)
{
	return &f->connectors[n].screen.input;
}

static void report_change(void)
{
	xd_pair_inputs(&daemon, &guest);
	assert_int_equal(told, 1);
	told = 0;
}

static void input_paired_by_unique_id(void **state)
{
	strcpy(kbds[0].unique_id, "right");
	strcpy(kbds[1].unique_id, "left");
	strcpy(kbds[2].unique_id, "nobody's");
	report_change();
	assert_int_equal(released, 3);
	assert_ptr_equal(input_of(&display, 0)->kbd, &kbds[1]);
	assert_ptr_equal(input_of(&display, 1)->kbd, &kbds[0]);
	assert_ptr_equal(input_of(&second, 0)->kbd, &kbds[2]);
	assert_ptr_equal(kbds[0].own, input_of(&display, 1));
	assert_ptr_equal(kbds[1].own, input_of(&display, 0));
	assert_ptr_equal(kbds[2].own, input_of(&second, 0));
}

/* A guest's only device gets every connector's keys, and the first one's positions */
static void input_only_device_serves_every_connector(void **state)
{
	kbds[1].dev.connected = kbds[2].dev.connected = false;
	report_change();
	assert_ptr_equal(input_of(&display, 0)->kbd, &kbds[0]);
	assert_ptr_equal(input_of(&display, 1)->kbd, &kbds[0]);
	assert_ptr_equal(input_of(&second, 0)->kbd, &kbds[0]);
	assert_ptr_equal(kbds[0].own, input_of(&display, 0));
	/* the first display is detached */
	display.nr_connectors = 0;
	report_change();
	assert_ptr_equal(kbds[0].own, input_of(&second, 0));
	second.nr_connectors = 0;
	report_change();
	assert_null(kbds[0].own);
	display.nr_connectors = 2;
	kbds[0].dev.connected = false;
	report_change();
	assert_null(input_of(&display, 0)->kbd);
	assert_null(input_of(&display, 1)->kbd);
}

/* One device has a unique-id, the other serves the remaining connectors */
static void input_unnamed_device_serves_the_rest(void **state)
{
	kbds[2].dev.connected = false;
	strcpy(kbds[0].unique_id, "left");
	report_change();
	assert_ptr_equal(input_of(&display, 0)->kbd, &kbds[0]);
	assert_ptr_equal(input_of(&display, 1)->kbd, &kbds[1]);
	assert_ptr_equal(input_of(&second, 0)->kbd, &kbds[1]);
	assert_ptr_equal(kbds[1].own, input_of(&display, 1));
	/* of two devices with one id, the first; an empty id matches none */
	kbds[2].dev.connected = true;
	strcpy(kbds[2].unique_id, "left");
	report_change();
	assert_ptr_equal(input_of(&display, 0)->kbd, &kbds[0]);
	assert_ptr_equal(input_of(&second, 0)->kbd, &kbds[1]);
	assert_null(kbds[2].own);
}

/* Ids are matched only within one guest */
static void input_devices_of_other_guests_not_paired(void **state)
{
	strcpy(kbds[0].unique_id, "left");
	kbds[0].dev.guest = &other;
	kbds[1].dev.guest = &other;
	report_change();
	assert_int_equal(released, 1);
	assert_ptr_equal(input_of(&display, 0)->kbd, &kbds[2]);
	assert_ptr_equal(input_of(&display, 1)->kbd, &kbds[2]);
	kbds[2].dev.guest = &other;
	report_change();
	assert_null(input_of(&display, 0)->kbd);
}

static void input_disabled_by_policy_not_paired(void **state)
{
	display.connectors[0].screen.policy.input = false;
	report_change();
	assert_null(input_of(&display, 0)->kbd);
	assert_ptr_equal(input_of(&display, 1)->kbd, &kbds[0]);
	assert_ptr_equal(kbds[0].own, input_of(&display, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(input_paired_by_unique_id, begin),
		cmocka_unit_test_setup(input_only_device_serves_every_connector,
				       begin),
		cmocka_unit_test_setup(input_unnamed_device_serves_the_rest,
				       begin),
		cmocka_unit_test_setup(input_devices_of_other_guests_not_paired,
				       begin),
		cmocka_unit_test_setup(input_disabled_by_policy_not_paired,
				       begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
