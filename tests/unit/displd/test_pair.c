// SPDX-License-Identifier: GPL-2.0-only
/* Which input device of a guest belongs to which of its connectors */
#include "unit.h"

#include <stdio.h>

#include "daemon.h"
#include "vdispl/frontend.h"
#include "guest.h"
#include "vkb/connect.h"
#include "input.h"
#include "vkb/kbd.h"
#include "pair.h"
#include "seat/seat.h"

static struct xd_daemon daemon;
static struct xd_guest guest, other;
static struct xd_frontend display, second;
static struct xd_kbd kbds[3];
static unsigned int released, told, complaints;
static char complaint[300];

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
	va_list args;

	assert_int_equal(level, XDC_WARNING);
	va_start(args, fmt);
	vsnprintf(complaint, sizeof(complaint), fmt, args);
	va_end(args);
	complaints++;
}

bool xd_kbd_has(const struct xd_kbd *k, enum xd_kind kind)
{
	switch (kind) {
	case XD_KEYS:
		return k->keyboard;
	case XD_POINTER:
		return k->pointer;
	default:
		return k->nr_contacts;
	}
}

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

void xd_kbd_offer(struct xd_kbd *k, enum xd_kind kind, uint32_t w, uint32_t h)
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

static void set_kinds(struct xd_kbd *k, bool keyboard, bool pointer, bool touch)
{
	k->keyboard = keyboard;
	k->pointer = pointer;
	k->nr_contacts = touch;
}

static int begin(void **state)
{
	unsigned int i;

	memset(&daemon, 0, sizeof(daemon));
	memset(&display, 0, sizeof(display));
	memset(&second, 0, sizeof(second));
	memset(kbds, 0, sizeof(kbds));
	display.guest = second.guest = &guest;
	display.dev.connected = second.dev.connected = true;
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
		set_kinds(&kbds[i], true, true, true);
		LIST_INSERT_HEAD(&daemon.kbds, &kbds[i], link);
	}
	released = told = complaints = 0;
	complaint[0] = '\0';
	return 0;
}

static struct xd_input *input_of(struct xd_frontend *f, unsigned int n)
{
	return &f->connectors[n].screen.input;
}

static struct xd_kbd *kbd_of(struct xd_frontend *f, unsigned int n,
			     enum xd_kind kind)
{
	return input_of(f, n)->kbds[kind];
}

/* All kinds of events of the connector go to this device */
static void check_kbd(struct xd_frontend *f, unsigned int n, struct xd_kbd *k)
{
	assert_ptr_equal(kbd_of(f, n, XD_KEYS), k);
	assert_ptr_equal(kbd_of(f, n, XD_POINTER), k);
	assert_ptr_equal(kbd_of(f, n, XD_TOUCH), k);
}

static void check_own(struct xd_kbd *k, struct xd_input *in)
{
	assert_ptr_equal(k->own[XD_KEYS], in);
	assert_ptr_equal(k->own[XD_POINTER], in);
	assert_ptr_equal(k->own[XD_TOUCH], in);
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
	check_kbd(&display, 0, &kbds[1]);
	check_kbd(&display, 1, &kbds[0]);
	check_kbd(&second, 0, &kbds[2]);
	check_own(&kbds[0], input_of(&display, 1));
	check_own(&kbds[1], input_of(&display, 0));
	check_own(&kbds[2], input_of(&second, 0));
}

/* A guest's only device gets every connector's keys, and the first one's positions */
static void input_only_device_serves_every_connector(void **state)
{
	kbds[1].dev.connected = kbds[2].dev.connected = false;
	report_change();
	check_kbd(&display, 0, &kbds[0]);
	check_kbd(&display, 1, &kbds[0]);
	check_kbd(&second, 0, &kbds[0]);
	check_own(&kbds[0], input_of(&display, 0));
	/* the first display is detached */
	display.nr_connectors = 0;
	report_change();
	check_own(&kbds[0], input_of(&second, 0));
	second.nr_connectors = 0;
	report_change();
	check_own(&kbds[0], NULL);
	display.nr_connectors = 2;
	kbds[0].dev.connected = false;
	report_change();
	check_kbd(&display, 0, NULL);
	check_kbd(&display, 1, NULL);
}

/* One device has a unique-id, the other serves the remaining connectors */
static void input_unnamed_device_serves_the_rest(void **state)
{
	kbds[2].dev.connected = false;
	strcpy(kbds[0].unique_id, "left");
	report_change();
	check_kbd(&display, 0, &kbds[0]);
	check_kbd(&display, 1, &kbds[1]);
	check_kbd(&second, 0, &kbds[1]);
	check_own(&kbds[1], input_of(&display, 1));
	/* of two devices with one id, the first; an empty id matches none */
	kbds[2].dev.connected = true;
	strcpy(kbds[2].unique_id, "left");
	report_change();
	check_kbd(&display, 0, &kbds[0]);
	check_kbd(&second, 0, &kbds[1]);
	check_own(&kbds[2], NULL);
}

/* Ids are matched only within one guest */
static void input_devices_of_other_guests_not_paired(void **state)
{
	strcpy(kbds[0].unique_id, "left");
	kbds[0].dev.guest = &other;
	kbds[1].dev.guest = &other;
	report_change();
	assert_int_equal(released, 1);
	check_kbd(&display, 0, &kbds[2]);
	check_kbd(&display, 1, &kbds[2]);
	kbds[2].dev.guest = &other;
	report_change();
	check_kbd(&display, 0, NULL);
}

static void input_disabled_by_policy_not_paired(void **state)
{
	display.connectors[0].screen.policy.input = false;
	report_change();
	check_kbd(&display, 0, NULL);
	check_kbd(&display, 1, &kbds[0]);
	check_own(&kbds[0], input_of(&display, 1));
}

/* The peer's syntax: two touch screens of a guest, each with its connector */
static void input_list_of_kinds_paired(void **state)
{
	display.nr_connectors = second.nr_connectors = 0;
	add_connector(&display, "2000");
	add_connector(&display, "2001");
	strcpy(kbds[0].unique_id, "T:2000");
	strcpy(kbds[1].unique_id, "T:2001");
	strcpy(kbds[2].unique_id, " K: 2001 ;P:2000;");
	report_change();
	assert_ptr_equal(kbd_of(&display, 0, XD_TOUCH), &kbds[0]);
	assert_ptr_equal(kbd_of(&display, 1, XD_TOUCH), &kbds[1]);
	assert_ptr_equal(kbd_of(&display, 1, XD_KEYS), &kbds[2]);
	assert_ptr_equal(kbd_of(&display, 0, XD_POINTER), &kbds[2]);
	/* not the kinds that a list does not have */
	assert_null(kbd_of(&display, 0, XD_KEYS));
	assert_null(kbd_of(&display, 1, XD_POINTER));
	/* each kind has a connector of its own */
	assert_ptr_equal(kbds[2].own[XD_KEYS], input_of(&display, 1));
	assert_ptr_equal(kbds[2].own[XD_POINTER], input_of(&display, 0));
	assert_null(kbds[2].own[XD_TOUCH]);
	assert_int_equal(complaints, 0);
	/* not a list: a letter that there is none of, an empty id */
	strcpy(kbds[0].unique_id, "X:2000");
	strcpy(kbds[1].unique_id, "T:");
	report_change();
	assert_ptr_equal(kbd_of(&display, 0, XD_TOUCH), &kbds[0]);
	assert_int_equal(complaints, 2);
}

/* Of two devices with one id, each kind from the one that has it */
static void input_kinds_from_devices_that_have_them(void **state)
{
	display.nr_connectors = second.nr_connectors = 0;
	add_connector(&display, "a");
	kbds[2].dev.connected = false;
	strcpy(kbds[0].unique_id, "a");
	strcpy(kbds[1].unique_id, "a");
	set_kinds(&kbds[0], false, false, true);
	set_kinds(&kbds[1], true, true, false);
	report_change();
	assert_ptr_equal(kbd_of(&display, 0, XD_TOUCH), &kbds[0]);
	assert_ptr_equal(kbd_of(&display, 0, XD_KEYS), &kbds[1]);
	assert_ptr_equal(kbd_of(&display, 0, XD_POINTER), &kbds[1]);
	assert_int_equal(complaints, 0);
	/* the same without ids */
	kbds[0].unique_id[0] = kbds[1].unique_id[0] = '\0';
	report_change();
	assert_ptr_equal(kbd_of(&display, 0, XD_TOUCH), &kbds[0]);
	assert_ptr_equal(kbd_of(&display, 0, XD_KEYS), &kbds[1]);
}

/* Devices that get no events, or others than their id says, are logged once */
static void input_useless_devices_logged_once(void **state)
{
	strcpy(kbds[0].unique_id, "left");
	strcpy(kbds[1].unique_id, "left");
	report_change();
	assert_int_equal(complaints, 1);
	assert_non_null(strstr(complaint, "input device 1, unique-id 'left'"));
	report_change();
	assert_int_equal(complaints, 1);
	/* an id of no connector, which no terminal should get */
	strcpy(kbds[2].unique_id, "\x1b[2J");
	report_change();
	assert_int_equal(complaints, 2);
	assert_non_null(strstr(complaint, "input device 2, unique-id '?[2J'"));
	/* not before all displays are connected */
	second.dev.connected = false;
	strcpy(kbds[2].unique_id, "other");
	report_change();
	assert_int_equal(complaints, 2);
	second.dev.connected = true;
	report_change();
	assert_int_equal(complaints, 3);
}

/* Ids that differ only behind their first 63 characters, or are not ASCII */
static void input_long_and_foreign_ids_distinguished(void **state)
{
	char a[100], b[100];

	memset(a, 'x', sizeof(a) - 1);
	a[sizeof(a) - 1] = '\0';
	strcpy(b, a);
	b[98] = 'y';
	display.nr_connectors = second.nr_connectors = 0;
	add_connector(&display, a);
	add_connector(&display, b);
	add_connector(&second, "B\xc3\xbcro");
	strcpy(kbds[0].unique_id, b);
	strcpy(kbds[1].unique_id, a);
	strcpy(kbds[2].unique_id, "B\xc3\xbcro");
	report_change();
	check_kbd(&display, 0, &kbds[1]);
	check_kbd(&display, 1, &kbds[0]);
	check_kbd(&second, 0, &kbds[2]);
	strcpy(kbds[2].unique_id, "B\xc3\xa4ro");
	report_change();
	assert_int_equal(complaints, 1);
}

static struct xd_output outputs[2];
static unsigned int asked[2];

/* All devices are assigned by then */
static void note_inputs(struct xd_output *o)
{
	asked[o - outputs]++;
	check_kbd(&display, 0, &kbds[0]);
	check_kbd(&second, 0, &kbds[0]);
	check_own(&kbds[0], input_of(&display, 0));
}

/* A window asks its compositor for what the guest's devices want */
static void input_change_told_to_outputs(void **state)
{
	static const struct xd_output_ops window = {
		.inputs_changed = note_inputs,
	};
	static const struct xd_output_ops card;

	outputs[0].ops = outputs[1].ops = &window;
	display.connectors[0].screen.output = &outputs[0];
	second.connectors[0].screen.output = &outputs[1];
	memset(asked, 0, sizeof(asked));
	report_change();
	assert_int_equal(asked[0], 1);
	assert_int_equal(asked[1], 1);
	/* it is of no interest to a card, and not to another guest's window */
	outputs[0].ops = &card;
	second.guest = &other;
	report_change();
	assert_int_equal(asked[0], 1);
	assert_int_equal(asked[1], 1);
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
		cmocka_unit_test_setup(input_list_of_kinds_paired, begin),
		cmocka_unit_test_setup(input_kinds_from_devices_that_have_them,
				       begin),
		cmocka_unit_test_setup(input_useless_devices_logged_once,
				       begin),
		cmocka_unit_test_setup(input_change_told_to_outputs, begin),
		cmocka_unit_test_setup(input_long_and_foreign_ids_distinguished,
				       begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
