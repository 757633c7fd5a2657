/* SPDX-License-Identifier: GPL-2.0-only */
/* What a mapping end does while it holds a share */
#ifndef XT_HOLD_H
#define XT_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <xendmabuf.h>
#include <xenstore.h>

/**
 * hold_return - after the last user let go: wait until Xen has confirmed it
 *
 * Says how it went; an exit status.
 */
int hold_return(struct xendmabuf_lease *lease, const char *what);

enum hold_event {
	HOLD_NOTHING, /* the time is over */
	HOLD_REFRESH, /* SIGUSR1 */
	HOLD_END,
};

/* What a mapping end waits for while it holds a share. */
struct hold {
	int signals;
	struct xendmabuf_lease *lease;
	struct xs_handle *xs; /* NULL without xenstore */
	bool told; /* xenstore says when the granting domain goes */
	uint16_t domid;
	const char *what;
};

void hold_begin(struct hold *h, int signals, struct xendmabuf_lease *lease,
		uint16_t domid, const char *what);

/** hold_next - wait for one of them; says why it is the end */
enum hold_event hold_next(struct hold *h, int timeout_ms);
void hold_finish(struct hold *h);

#endif
