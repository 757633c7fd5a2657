/* SPDX-License-Identifier: GPL-2.0-only */
/* linux-drm-syncobj-v1: a program says with points of timelines when a frame is drawn,
 * and is told so when it is let go.  It ends in this half, at any compositor.
 */
#ifndef XWL_AGENT_SYNC_TIMELINE_H
#define XWL_AGENT_SYNC_TIMELINE_H

#include "wire/handler.h"

/* requests, for a proxy */
extern const struct xwl_handler xwl_timeline_requests[];

#endif
