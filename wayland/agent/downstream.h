/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host's half sends: on its way to the program. */
#ifndef XWL_AGENT_DOWNSTREAM_H
#define XWL_AGENT_DOWNSTREAM_H

#include "agent/proxy.h"

/**
 * xwl_downstream_take - a record of the host's half
 *
 * After an error p->why says what was wrong.  ECONNABORTED: the host's half has ended
 * the connection, and @why is its reason.  EPROTO: it has broken the protocol.
 */
int xwl_downstream_take(struct xwl_proxy *p, const struct xwl_record *r);

#endif
