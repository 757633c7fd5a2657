/* SPDX-License-Identifier: GPL-2.0-only */
/* One input device of one guest (xl's vkb): keyboard, pointer and touch.
 *
 * connect.c connects it, ../pair.c finds the connector that it belongs to, and
 * input.c sends it events.
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

/* What the guest was told about a key or finger, and how it is by now.  The
 * end of what was told is owed until the guest has room for it.
 */
struct xd_held {
	bool down;
	bool told;
};

struct xd_contact {
	struct xd_held held;
	int32_t id; /* the source's */
};

struct xd_kbd {
	struct xd_device dev;
	LIST_ENTRY(xd_kbd) link; /* in the daemon's list */
	char unique_id[64];
	xenevtchn_handle *evtchn;
	struct xdc_source events; /* the guest has read some */
	struct xd_kbd_ring ring;
	/* the only connector whose positions this device can tell */
	struct xd_input *own;
	unsigned int own_rank; /* among the guest's connectors */

	/* agreed at connect */
	bool keyboard, pointer;
	bool absolute; /* positions, not motions */
	uint32_t max_x, max_y;
	uint32_t touch_max_x, touch_max_y;
	unsigned int nr_contacts; /* 0: no touch */

	struct xd_held keys[KEY_CNT];
	struct xd_contact contacts[XD_CONTACTS_MAX];
	unsigned int owed; /* keys and contacts */
	bool touched, frame_owed; /* a frame is to come, or to be told */
	uint8_t last_contact;
	bool placed; /* x, y are where the pointer is */
	bool moved; /* which the guest is not told yet */
	int32_t moved_x, moved_y; /* so far, if it is told motions */
	int32_t x, y; /* in pixels of own */
	int32_t wheel; /* parts of a click, 120ths */
	uint64_t sent, dropped;
};

#endif
