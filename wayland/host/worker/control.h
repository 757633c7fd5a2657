/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests of people to a worker: one message each, answered by one (common/ask.h).
 *
 *	status, status json	"ok", with a memfd that has it
 *	copy, paste		"ok"
 *
 * or "error: " and the reason.
 */
#ifndef XWL_HOST_WORKER_CONTROL_H
#define XWL_HOST_WORKER_CONTROL_H

#include "common/loop.h"

#define XWL_CONTROL_REQUEST 32U /* bytes at most */
#define XWL_CONTROLS 8U /* connections at a time */

struct xwl_guest;

struct xwl_control {
	struct xwl_guest *guest;
	struct xdc_source source; /* file -1: free */
	struct xdc_timer limit;
};

/**
 * xwl_control_take - serve a connection to its end, five seconds at most
 * @slots: XWL_CONTROLS of them; those that are not in use have the file -1
 * @fd: taken over, and closed if no slot is free
 */
void xwl_control_take(struct xwl_guest *g, struct xwl_control *slots, int fd);

#endif
