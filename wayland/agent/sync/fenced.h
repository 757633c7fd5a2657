/* SPDX-License-Identifier: GPL-2.0-only */
/* zwp_linux_explicit_synchronization_v1: a program says with a fence when a frame is
 * drawn, and is told when it is let go.  It ends in this half, at any compositor.
 */
#ifndef XWL_AGENT_SYNC_FENCED_H
#define XWL_AGENT_SYNC_FENCED_H

#include "wire/handler.h"

/* requests, for a proxy */
extern const struct xwl_handler xwl_fenced_requests[];

#endif
