/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's socket for programs: status, and channels by name.
 *
 * Datagrams of text.  A program sends one request:
 *
 *	status | status json		the answer "ok" brings the text as a file
 *	connect PEER SERVICE		"ok TYPE" brings the channel's socket
 *	listen SERVICE			"ok", then "channel PEER DOMID TYPE" with a
 *					socket for each channel, until it closes
 *
 * or "error TEXT".  The sections [use] and [service] say who may.  status is for
 * root and the daemon's own user.
 */
#ifndef XCH_CONTROL_H
#define XCH_CONTROL_H

#include "daemon.h"

#define XCH_CONTROL_PATH "/run/xen-channel/control"
#define XCH_CONTROL_LINE 256
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
