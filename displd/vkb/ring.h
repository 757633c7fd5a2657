/* SPDX-License-Identifier: GPL-2.0-only */
/* The shared page of an input device: events for the guest, and nothing else.
 *
 * The guest can write to it at any time.  Only in_cons is read, which tells how
 * far the guest has read, and it only decides whether there is room.  The guest's
 * event channel is listened to only while something waits for room, and a guest
 * that uses it all the time is heard now and then.
 */
#ifndef XD_VKB_RING_H
#define XD_VKB_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include <xen/io/kbdif.h>

#include "common/loop.h"

struct xd_kbd_ring {
	xengnttab_handle *gnttab;
	xenevtchn_handle *evtchn;
	struct xenkbd_page *page;
	uint32_t prod; /* private copy */
	int port; /* local, -1 if not bound */
	bool masked; /* the guest was heard, and is not until listen fires */
	struct xdc_timer listen;
};

/** xd_kbd_ring_attach - xd_kbd_ring_open() for a page that is mapped already */
void xd_kbd_ring_attach(struct xd_kbd_ring *r, void *page);
int xd_kbd_ring_open(struct xd_kbd_ring *r, struct xdc_loop *loop,
		     xengnttab_handle *gnttab, xenevtchn_handle *evtchn,
		     uint16_t domid, uint32_t ref, uint32_t port);
void xd_kbd_ring_close(struct xd_kbd_ring *r);
/** xd_kbd_ring_heard - the guest's event was read, which has masked the port */
void xd_kbd_ring_heard(struct xd_kbd_ring *r);

/** xd_kbd_ring_put - send an event; false: the page has no room */
bool xd_kbd_ring_put(struct xd_kbd_ring *r, const union xenkbd_in_event *event);

#endif
