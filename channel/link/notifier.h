/* SPDX-License-Identifier: GPL-2.0-only */
/* A program's second socket, beside its channel's: it hears of its buffers there, and
 * asks for them back.  What is said is in lib/channel/wire.h.
 *
 * It outlives the channel, as buffers do, and ends with the link, when the program
 * closes it, or when there is nothing more to tell and another one needs its place.
 */
#ifndef XCH_LINK_NOTIFIER_H
#define XCH_LINK_NOTIFIER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "common/loop.h"
#include "link/granted.h"
#include "link/interest.h"
#include "link/leftover.h"
#include "link/mapped.h"
#include "link/memory.h"

struct xch_notifiers;

struct xch_notifier_config {
	unsigned int max; /* sockets at a time */
	const struct xch_memory_maker *maker; /* NULL: no dma-bufs of memory */
	struct xch_granted_set *granted; /* where they would go */
	/* whether a descriptor more may be in a program's socket */
	bool (*has_room)(struct xch_notifiers *all);
	/* the channel of this notifier has messages that have not left */
	bool (*has_unsent)(struct xch_notifier **user);
	struct xch_leftovers *leftovers; /* where sockets that are over go */
};

/* All of a link */
struct xch_notifiers {
	struct xdc_loop *loop;
	struct xch_notifier_config config;
	LIST_HEAD(, xch_notifier) all;
	unsigned int nr;
};

void xch_notifiers_init(struct xch_notifiers *all, struct xdc_loop *loop,
			const struct xch_notifier_config *config);
/** xch_notifiers_fini - the link has ended: tell, and close them */
void xch_notifiers_fini(struct xch_notifiers *all);

/** xch_notifiers_await - the program that had @buf made may have sent it, to no avail yet */
bool xch_notifiers_await(const struct xch_notifiers *all,
			 const struct xch_granted *buf);
/** xch_notifiers_held - descriptors that were sent, and are not read */
unsigned int xch_notifiers_held(struct xch_notifiers *all);
/**
 * xch_notifier_create - for a channel
 * @socket: of SOCK_SEQPACKET; owned also if the call fails
 * @user: where the caller keeps the notifier; set to NULL when it ends
 * @memory: the program may send memory
 * @read_only: what it sends is granted for reading
 *
 * EUSERS: as many are open as are allowed.  Or an error of the loop.
 */
int xch_notifier_create(struct xch_notifiers *all, int socket, bool memory,
			bool read_only, struct xch_notifier **user);
/** xch_notifier_leave - the channel has ended, with @err; ignores NULL */
void xch_notifier_leave(struct xch_notifier *n, int err);

/** xch_notifier_sent - the program has sent a buffer; ignores NULL */
void xch_notifier_sent(struct xch_notifier *n, struct xch_granted *buf);
/** xch_notifier_came - a buffer has come for it; ignores NULL */
void xch_notifier_came(struct xch_notifier *n, struct xch_mapped *buf);

/**
 * xch_notifier_returned - tell those who have sent it, and forget it
 *
 * While the peer has its memory by another grant, they are told at the end of that one.
 */
void xch_notifier_returned(struct xch_granted *buf);
/** xch_notifier_pinned - tell those who have sent it */
void xch_notifier_pinned(struct xch_granted *buf);
/** xch_notifier_recalled - tell those who have got it */
void xch_notifier_recalled(struct xch_mapped *buf, uint32_t ms);
/** xch_notifier_forget - a buffer of the peer's is gone */
void xch_notifier_forget(struct xch_mapped *buf);

#endif
