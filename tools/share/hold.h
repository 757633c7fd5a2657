/* SPDX-License-Identifier: GPL-2.0-only */
/* What a mapping end does while it holds a share */
#ifndef XT_HOLD_H
#define XT_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <xendmabuf.h>
#include <xenstore.h>

/**
 * xt_hold_return - wait until the lease is RETURNED
 *
 * For use after this process let go of the dma-buf.  Tells the user the result;
 * returns an exit status.
 */
int xt_hold_return(struct xendmabuf_lease *lease, const char *what);

enum xt_hold_event {
	XT_HOLD_NOTHING, /* timeout */
	XT_HOLD_REFRESH, /* SIGUSR1 */
	XT_HOLD_END,
};

/* What a mapping end waits for while it holds a share. */
struct xt_hold {
	int signals;
	struct xendmabuf_lease *lease;
	struct xs_handle *xs; /* NULL without xenstore */
	bool told; /* xenstore reports the end of the granting domain */
	uint16_t domid;
	const char *what;
};

/** xt_hold_begin - from now on a signal is an event, and does not end the process */
void xt_hold_begin(struct xt_hold *h, struct xendmabuf_lease *lease,
		   uint16_t domid, const char *what);

/** xt_hold_next - wait for an event; tells the user why it is XT_HOLD_END */
enum xt_hold_event xt_hold_next(struct xt_hold *h, int timeout_ms);
void xt_hold_finish(struct xt_hold *h);

#endif
