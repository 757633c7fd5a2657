/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program sends: on its way to the host's half. */
#ifndef XWL_AGENT_UPSTREAM_H
#define XWL_AGENT_UPSTREAM_H

#include "agent/proxy.h"

/**
 * xwl_upstream_take - a message of the program
 *
 * After an error p->why says what was wrong.  EPROTO: the program has broken the
 * protocol.
 */
int xwl_upstream_take(struct xwl_proxy *p, const struct xwl_header *h,
		      const uint8_t *data);

#endif
