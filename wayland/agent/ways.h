/* SPDX-License-Identifier: GPL-2.0-only */
/* All ways of pixels to the host's half. */
#ifndef XWL_AGENT_WAYS_H
#define XWL_AGENT_WAYS_H

#include "agent/share.h"

/**
 * xwl_ways_create - by the first way that can do this buffer
 * @why: set to why there is no memory that both halves see, if it is none
 *
 * EOPNOTSUPP: none can.  ENOMEM.  Or an error of the link.
 */
int xwl_ways_create(const struct xwl_source *src, struct xwl_link *link,
		    struct xwl_share **out, enum xwl_why *why);

#endif
