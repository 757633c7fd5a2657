/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program has drawn: damage of surfaces, and the buffers that it is in. */
#ifndef XWL_AGENT_SURFACE_H
#define XWL_AGENT_SURFACE_H

#include "agent/proxy.h"
#include "wire/handler.h"

/* requests, for a proxy */
extern const struct xwl_handler xwl_surface_requests[];

#endif
