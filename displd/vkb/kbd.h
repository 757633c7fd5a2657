/* SPDX-License-Identifier: GPL-2.0-only */
/* One input device of one guest (xl's vkb): keyboard, pointer and touch.
 *
 * connect.c connects the device, ../pair.c assigns it to connectors, and
 * input.c sends its events.
 */
#ifndef XD_VKB_KBD_H
#define XD_VKB_KBD_H

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdint.h>

#include "xenbus/device.h"
#include "kind.h"
#include "vkb/ring.h"

#define XD_CONTACTS_MAX 32
/* a list of three ids, such as "K:left;P:left;T:right" */
#define XD_KBD_ID_MAX 400

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
	char unique_id[XD_KBD_ID_MAX]; /* as the toolstack wrote it */
	/* what pair.c found wrong with it, to log it once */
	char complaint[160];
	xenevtchn_handle *evtchn;
	struct xdc_source events; /* the guest has read events */
	struct xd_kbd_ring ring;
	/* the one connector of each kind: positions on others are not sent */
	struct xd_input *own[XD_KINDS];
	unsigned int own_rank[XD_KINDS]; /* among the guest's connectors */

	/* negotiated at connect */
	bool keyboard, pointer;
	bool absolute; /* positions, not motions */
	uint32_t max_x, max_y;
	uint32_t touch_max_x, touch_max_y;
	unsigned int nr_contacts; /* 0: no touch */

	struct xd_held keys[KEY_CNT];
	unsigned int locks; /* XD_LOCK_* that are on in the guest */
	bool locks_known; /* false: connected to a previous daemon before */
	struct xd_contact contacts[XD_CONTACTS_MAX];
	unsigned int owed; /* number of owed releases */
	/* set while the page is full and anything is owed */
	struct xdc_timer retry;
	bool touched, frame_owed; /* not ended yet; ended, but not sent */
	uint8_t last_contact;
	bool placed; /* x, y are valid */
	bool moved; /* a position or motion is owed */
	int32_t moved_x, moved_y; /* sum of owed motions */
	int32_t x, y; /* position of the pointer, in pixels */
	int32_t wheel; /* parts of a click, 120ths */
	uint64_t sent, dropped;
};

#endif
