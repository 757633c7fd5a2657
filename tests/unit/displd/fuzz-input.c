// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: a guest that writes to the page of its input device at any time while
 * events are sent to it.  Six bytes a step: an action, a number, and four bytes
 * that are an argument, or the guest's write and its place.
 */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "vkb/kbd.h"

#define STEP 6
#define HEADER sizeof(struct xenkbd_page)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static union {
	struct xenkbd_page shared;
	unsigned char bytes[4096];
} page;
static struct xdc_loop loop;
static struct xd_kbd kbd;
static struct xd_input in[2];

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	return 0;
}

/* The daemon writes only to the header and the events */
static void check_page(void)
{
	const unsigned char *p = page.bytes;
	size_t i;

	for (i = 0; i < sizeof(page); i++) {
		if (i < HEADER ||
		    (i >= XENKBD_IN_RING_OFFS &&
		     i < XENKBD_IN_RING_OFFS +
				     XENKBD_IN_RING_LEN * XENKBD_IN_EVENT_SIZE))
			continue;
		if (p[i] != 0x5a)
			abort();
	}
}

/* Owed releases are of keys that are up and were reported as pressed */
static void check_debts(void)
{
	unsigned int i, owed = 0;

	for (i = 0; i < KEY_CNT; i++)
		owed += kbd.keys[i].told && !kbd.keys[i].down;
	for (i = 0; i < XD_CONTACTS_MAX; i++)
		owed += kbd.contacts[i].held.told && !kbd.contacts[i].held.down;
	if (owed != kbd.owed)
		abort();
	/* a guest that never notifies gets them as well */
	if ((kbd.owed || kbd.frame_owed || kbd.moved) && !kbd.retry.at)
		abort();
}

static void guest_writes(unsigned int where, uint32_t value)
{
	uint32_t *const words[] = {
		&page.shared.in_cons,
		&page.shared.in_prod,
		&page.shared.out_cons,
		&page.shared.out_prod,
	};

	*words[where % 4] = value;
}

static void run_step(const uint8_t *d)
{
	struct xd_input *to = &in[d[1] >> 7];
	int32_t v, w;

	memcpy(&v, d + 2, sizeof(v));
	w = v >> 16;
	switch (d[0] % 13) {
	case 0:
		guest_writes(d[1], (uint32_t)v);
		break;
	case 1:
		/* the guest has read all events */
		page.shared.in_cons = page.shared.in_prod;
		xd_kbd_pay(&kbd);
		if (kbd.owed > XENKBD_IN_RING_LEN * 20)
			abort();
		break;
	case 2:
		xd_input_key(to, (uint32_t)v % 800, d[1] & 1);
		break;
	case 3:
		xd_input_motion(to, (int16_t)v, w);
		break;
	case 4:
		xd_input_position(to, (int16_t)v, w);
		break;
	case 5:
		xd_input_wheel(to, v);
		break;
	case 6:
		xd_input_touch(to, XD_TOUCH_DOWN, d[1] & 63, (int16_t)v, w);
		break;
	case 7:
		xd_input_touch(to, XD_TOUCH_MOTION, d[1] & 63, (int16_t)v, w);
		break;
	case 8:
		xd_input_touch(to, XD_TOUCH_UP, d[1] & 63, 0, 0);
		break;
	case 9:
		xd_input_touch_frame(to);
		break;
	case 10:
		xd_input_release(to, d[1] & XD_INPUT_ALL);
		break;
	case 11:
		xd_kbd_start(&kbd, d[1] & 1);
		break;
	case 12:
		xd_input_set_locks(to, d[1]);
		if (xd_input_locks(to) > 7)
			abort();
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t i;

	if (len < 10)
		return 0;
	memset(&page, 0x5a, sizeof(page));
	memset(&loop, 0, sizeof(loop));
	memset(&kbd, 0, sizeof(kbd));
	xd_kbd_init(&kbd, &loop);
	memcpy(&page.shared.in_cons, data, 4);
	page.shared.in_prod = page.shared.in_cons;
	kbd.keyboard = data[4] & 1;
	kbd.pointer = data[4] & 2;
	kbd.absolute = data[4] & 4;
	kbd.nr_contacts = data[5] % (XD_CONTACTS_MAX + 1);
	memcpy(&kbd.max_x, data + 6, 4);
	kbd.max_x &= INT32_MAX;
	kbd.max_y = kbd.touch_max_x = kbd.touch_max_y = kbd.max_x;
	in[0] = (struct xd_input){ { &kbd, &kbd, &kbd }, 640, 480, true };
	in[1] = (struct xd_input){ { &kbd, &kbd, &kbd }, 16384, 1, false };
	kbd.own[XD_POINTER] = &in[0];
	kbd.own[XD_TOUCH] = &in[data[5] >> 7];
	xd_kbd_ring_attach(&kbd.ring, &page);
	xd_kbd_start(&kbd, data[4] & 8);
	for (i = 10; i + STEP <= len; i += STEP)
		run_step(data + i);
	check_page();
	check_debts();
	return 0;
}
