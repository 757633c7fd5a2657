/* SPDX-License-Identifier: GPL-2.0-only */
/* How a worker is woken by its peer, and wakes it: an event channel, or two
 * eventfds where both ends run in one domain.
 */
#ifndef XCH_LINK_EVENT_H
#define XCH_LINK_EVENT_H

#include "link/link.h"

/* @event.fd is set by its owner */
struct xch_wakeup {
	struct xch_event event;
	int notify; /* is written to notify the peer: an eventfd */
	uint32_t port; /* of an event channel; @notify is its device's file */
};

/** xch_wakeup_eventfd - set the operations: two eventfds */
void xch_wakeup_eventfd(struct xch_wakeup *w);
/** xch_wakeup_evtchn - set the operations: a file of /dev/xen/evtchn, and its port */
void xch_wakeup_evtchn(struct xch_wakeup *w);

#endif
