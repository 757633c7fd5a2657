/* SPDX-License-Identifier: GPL-2.0-only */
/* One input device of one guest (xl's vkb): keyboard, pointer and touch.
 *
 * connect.c connects the device, ../pair.c assigns it to a connector, and
 * input.c sends its events.
 */
#ifndef XD_VKB_KBD_H
#define XD_VKB_KBD_H

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdint.h>

#include "xenbus/device.h"
#include "vkb/ring.h"

#define XD_CONTACTS_MAX 32

struct xd_input;

/*
 * A key or finger: whether it is down, and whether the guest was told so.  A
 * release is owed (told, but not down) until the guest has room for it.
 */
struct xd_held {
	bool down;
	bool told;
};

struct xd_contact {
	struct xd_held held;
	int32_t id; /* of the event source */
};

struct xd_kbd {
	struct xd_device dev;
	LIST_ENTRY(xd_kbd) link; /* in the daemon's list */
	char unique_id[64];
	xenevtchn_handle *evtchn;
	struct xdc_source events; /* the guest has read events */
	struct xd_kbd_ring ring;
	/* the one connector whose positions this device sends */
	struct xd_input *own;
	unsigned int own_rank; /* among the guest's connectors */

	/* negotiated at connect */
	bool keyboard, pointer;
	bool absolute; /* positions, not motions */
	uint32_t max_x, max_y;
	uint32_t touch_max_x, touch_max_y;
	unsigned int nr_contacts; /* 0: no touch */

	struct xd_held keys[KEY_CNT];
	struct xd_contact contacts[XD_CONTACTS_MAX];
	unsigned int owed; /* number of owed releases */
	bool touched, frame_owed; /* not ended yet; ended, but not sent */
	uint8_t last_contact;
	bool placed; /* x, y are valid */
	bool moved; /* a position or motion is owed */
	int32_t moved_x, moved_y; /* sum of owed motions */
	int32_t x, y; /* position of the pointer, in pixels of own */
	int32_t wheel; /* parts of a click, 120ths */
	uint64_t sent, dropped;
};

#endif
