/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest that flips between two framebuffers, and the calls that the daemon makes
 * for it.  All of the daemon between its ring and its output is there.
 */
#ifndef FAKE_GUEST_H
#define FAKE_GUEST_H

#include "unit.h"

#include "daemon.h"
#include "guest.h"
#include "vdispl/frontend.h"

/* Counted; a test resets them */
extern struct calls {
	unsigned int waits; /* for events: epoll_wait() */
	unsigned int watched; /* files: epoll_ctl() */
	unsigned int clock; /* reads that may be system calls */
	unsigned int allocated;
	unsigned int pending, unmasked, notified; /* of event channels */
} calls;

/* The guest's end */
extern struct fake_front {
	struct xen_displif_front_ring ring;
	uint16_t id; /* of the next request */
	uint64_t fb; /* of the last flip */
	unsigned int flips; /* that are done */
	bool flipping; /* flips again when one is done */
	uint64_t thinks; /* so long before, in ns */
	struct xdc_timer thought;
	int channel[2]; /* a byte is an event for the daemon */
	bool storms; /* sends an event whenever it can, without a request */
} front;

extern struct xd_daemon d;
extern struct xd_frontend *f;
extern struct xd_policy policy; /* of the guest; its card is a FIFO */

/** connect_guest - it shows a framebuffer, and does not flip yet */
int connect_guest(void);
void disconnect_guest(void);
void front_flip(void);
void run_for(uint64_t ms);

#endif
