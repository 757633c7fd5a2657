/* SPDX-License-Identifier: GPL-2.0-only */
/* Which domains are peers now: those of the configuration that run. */
#ifndef XCH_PEERS_H
#define XCH_PEERS_H

#include "daemon.h"

/**
 * xch_peers_start - connect to xenstore, and follow what happens there
 *
 * Removes what an earlier daemon has left there.
 */
int xch_peers_start(struct xch_daemon *d, struct xdc_reason *why);
/** xch_peers_stop - end all links */
void xch_peers_stop(struct xch_daemon *d);
/** xch_peers_update - the configuration was read again */
void xch_peers_update(struct xch_daemon *d);

#endif
