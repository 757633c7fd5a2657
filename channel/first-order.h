/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon tells a worker first: how its link is made, and what it may cost. */
#ifndef XCH_FIRST_ORDER_H
#define XCH_FIRST_ORDER_H

#include "config.h"
#include "link/order.h"
#include "transport.h"

/**
 * xch_first_order - set all but the peer, and which descriptors come
 *
 * EIO: there are no random numbers.
 */
int xch_first_order(struct xch_order *order, const struct xch_config *config,
		    const struct xch_caps *caps, const struct xch_transport *t);

#endif
