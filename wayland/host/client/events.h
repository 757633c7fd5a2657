/* SPDX-License-Identifier: GPL-2.0-only */
/* What the compositor sends: written anew for the guest, without what it must not
 * learn. */
#ifndef XWL_HOST_CLIENT_EVENTS_H
#define XWL_HOST_CLIENT_EVENTS_H

#include "host/bridge/bridge.h"
#include "wire/fds.h"

/**
 * xwl_events_take - a message of the compositor
 * @fds: that have come from it; what the message has is removed
 *
 * After an error @b->why says what was wrong.  ECONNABORTED: the compositor has
 * ended the connection with an error, which the guest has been told.  EREMOTEIO: it
 * has broken the protocol.
 */
int xwl_events_take(struct xwl_bridge *b, const struct xwl_header *h,
		    const uint8_t *data, struct xwl_fds *fds);

#endif
