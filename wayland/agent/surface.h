/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program has drawn: damage of surfaces, and the buffers that it is in. */
#ifndef XWL_AGENT_SURFACE_H
#define XWL_AGENT_SURFACE_H

#include "agent/proxy.h"
#include "agent/sync/frame.h"
#include "wire/handler.h"

/* requests, for a proxy */
extern const struct xwl_handler xwl_surface_requests[];

/** xwl_surface_sync - of a wl_surface; NULL: out of memory */
struct xwl_frame_sync *xwl_surface_sync(struct xwl_object *surface);

#endif
