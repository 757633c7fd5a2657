/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's socket for programs: status, and channels by name.  What is said there
 * is in lib/channel/wire.h.
 *
 * The sections [use] and [service] say who may open channels.  status is for root and
 * the daemon's own user.
 */
#ifndef XCH_CONTROL_H
#define XCH_CONTROL_H

#include "daemon.h"

/* Programs that are served at a time, of all users and of one; root has room for itself */
#define XCH_CONTROL_MAX 128U
#define XCH_CONTROL_OF_ROOT 16U
#define XCH_CONTROL_A_USER 16U

/** xch_control_start - EADDRINUSE: another daemon runs.  EEXIST: no socket */
int xch_control_start(struct xch_daemon *d, const char *path);
void xch_control_stop(struct xch_daemon *d);
/** xch_control_update - the configuration was read again: who may listen no more? */
void xch_control_update(struct xch_daemon *d);

#endif
