// SPDX-License-Identifier: GPL-2.0-only
/* What status says of connectors and input devices */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon.h"
#include "guest.h"
#include "seat/seat.h"
#include "status.h"
#include "vdispl/fb.h"
#include "vdispl/frontend.h"
#include "vkb/kbd.h"

static struct xd_daemon daemon;
static struct xd_guest guest = { .name = "work", .domid = 7 };
static struct xd_frontend displays[2];
static struct xd_kbd kbd;
static const struct xd_input *focus;
static char text[8192];

bool xd_view_is_copied(const struct xd_views *views, const struct xd_fb *fb)
{
	return false;
}

const char *xd_screen_advice(const struct xd_screen *s)
{
	return NULL;
}

const char *xd_device_state(const struct xd_device *dev)
{
	return dev->connected ? "connected" : "waiting for the guest";
}

const char *xd_config_output_name(enum xd_output_kind kind)
{
	return "headless";
}

const struct xd_input *xd_seat_focus(const struct xd_seat *s)
{
	return focus;
}

static void describe(const struct xd_output *o, char *buf, size_t len,
		     uint32_t *w, uint32_t *h)
{
	snprintf(buf, len, "nothing");
	*w = *h = 8;
}

static const struct xd_output_ops ops = { .describe = describe };
static struct xd_output output = { .ops = &ops };

static int begin(void **state)
{
	unsigned int i;

	memset(&daemon, 0, sizeof(daemon));
	memset(displays, 0, sizeof(displays));
	memset(&kbd, 0, sizeof(kbd));
	focus = NULL;
	for (i = 0; i < 2; i++) {
		struct xd_frontend *f = &displays[i];

		f->guest = &guest;
		f->domid = guest.domid;
		f->devid = i;
		f->dev.connected = true;
		f->nr_connectors = 1;
		f->connectors[0].frontend = f;
		f->connectors[0].screen.output = &output;
		f->connectors[0].screen.place = XD_PLACE(i, 0);
		xd_place_format(f->connectors[0].screen.name, XD_PLACE(i, 0));
		LIST_INSERT_HEAD(&daemon.frontends, f, link);
	}
	kbd.dev.guest = &guest;
	kbd.dev.domid = guest.domid;
	kbd.dev.connected = true;
	LIST_INSERT_HEAD(&daemon.kbds, &kbd, link);
	return 0;
}

static struct xd_input *input_of(unsigned int display)
{
	return &displays[display].connectors[0].screen.input;
}

static void write_status(void (*write)(const struct xd_daemon *d, FILE *out))
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	write(&daemon, out);
	fclose(out);
}

static void expect(const char *words)
{
	if (!strstr(text, words))
		fail_msg("'%s' is not in: %s", words, text);
}

static void status_tells_displays_apart(void **state)
{
	write_status(xd_status_text);
	expect("connector 0:");
	expect("connector 1.0:");
	expect("connector none");
	kbd.own[XD_TOUCH] = input_of(1);
	write_status(xd_status_text);
	expect("input device 0: connected, connector 1.0:");
	/* the first of several, whatever their order in the list */
	kbd.own[XD_KEYS] = input_of(0);
	write_status(xd_status_text);
	expect("input device 0: connected, connector 0:");
}

static void status_names_problems(void **state)
{
	strcpy(kbd.complaint, "unique-id 'x': no connector has this id");
	strcpy(displays[1].dev.complaint, "no node a/b");
	strcpy(kbd.unique_id, "\x1b\xc3\xbc");
	write_status(xd_status_text);
	expect("\n  no node a/b\n");
	expect("\n  unique-id 'x': no connector has this id\n");
	/* no terminal gets bytes of the toolstack's */
	expect("input device 0 ???: connected");
	write_status(xd_status_json);
	expect("\"problem\": \"no node a/b\"");
	expect("\"problem\": \"unique-id 'x': no connector has this id\"");
	expect("\"unique_id\": \"\\u001b\xc3\xbc\"");
}

/* A keyboard and a pointer may be two devices */
static void status_tells_focus_of_kinds(void **state)
{
	struct xd_input in = { .kbds = { [XD_POINTER] = &kbd } };

	focus = &in;
	daemon.libinput = (struct xd_libinput *)&in;
	write_status(xd_status_text);
	expect(", has the focus");
	in.kbds[XD_POINTER] = NULL;
	write_status(xd_status_text);
	assert_null(strstr(text, "has the focus"));
	/* no keyboard of this machine is in use */
	in.kbds[XD_POINTER] = &kbd;
	daemon.libinput = NULL;
	write_status(xd_status_text);
	assert_null(strstr(text, "has the focus"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(status_tells_displays_apart, begin),
		cmocka_unit_test_setup(status_names_problems, begin),
		cmocka_unit_test_setup(status_tells_focus_of_kinds, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
