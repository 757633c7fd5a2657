/* SPDX-License-Identifier: GPL-2.0-only */
/* A socket of this machine, at which the host's half, or what leads to it, listens. */
#ifndef XWL_AGENT_ROUTE_SOCKET_H
#define XWL_AGENT_ROUTE_SOCKET_H

#include "agent/route.h"

struct xwl_socket_route {
	struct xwl_route route;
	const char *path;
	struct xwl_maker *maker; /* for all programs; NULL: all is copied */
};

/** xwl_socket_route_init - @path and @maker are kept by the caller */
void xwl_socket_route_init(struct xwl_socket_route *r, const char *path,
			   struct xwl_maker *maker);

#endif
