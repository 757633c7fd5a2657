/* SPDX-License-Identifier: GPL-2.0-only */
/* Globals that this half has for programs, whatever the compositor has.
 *
 * Both are about dma-bufs of devices, and are offered where this domain has one.
 */
#ifndef XWL_AGENT_SYNC_OFFER_H
#define XWL_AGENT_SYNC_OFFER_H

#include "agent/proxy.h"
#include "wire/handler.h"

/* requests, for a proxy; and those behind which something is to be done */
extern const struct xwl_handler xwl_offer_requests[];
extern const struct xwl_handler xwl_offer_sent[];

#endif
