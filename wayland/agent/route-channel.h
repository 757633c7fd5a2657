/* SPDX-License-Identifier: GPL-2.0-only */
/* A channel through xen-channeld, whose daemon makes the dma-bufs of memory, too. */
#ifndef XWL_AGENT_ROUTE_CHANNEL_H
#define XWL_AGENT_ROUTE_CHANNEL_H

#include <stdbool.h>

#include "agent/route.h"

struct xwl_channel_route {
	struct xwl_route route;
	const char *domain, *service;
	bool copy; /* programs' memory is not shared */
	int pagemap; /* /proc/self/pagemap; -1: there is none */
};

/** xwl_channel_route_init - to a service of a domain; both are kept by the caller */
void xwl_channel_route_init(struct xwl_channel_route *r, const char *domain,
			    const char *service, bool copy);
void xwl_channel_route_fini(struct xwl_channel_route *r);
/** xwl_channel_failure - why a channel has ended, for its program; NULL: unknown */
const char *xwl_channel_failure(int err);

#endif
