/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets of the daemon's that lead to a peer's service: "listen" of [use NAME]. */
#ifndef XCH_ENTRANCE_H
#define XCH_ENTRANCE_H

#include "daemon.h"

/**
 * xch_entrances_update - listen where the configuration says, and nowhere else
 *
 * A socket that stays is not made anew.  One that cannot be made is logged, and
 * tried again at the next call.
 */
void xch_entrances_update(struct xch_daemon *d);
void xch_entrances_stop(struct xch_daemon *d);

#endif
