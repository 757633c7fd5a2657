/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program pastes: from a socket, behind which the host's half is, into the pipe
 * that the program has made.
 */
#ifndef XWL_AGENT_RELAY_H
#define XWL_AGENT_RELAY_H

#include <sys/queue.h>

#include "agent/proxy.h"
#include "common/loop.h"
#include "wire/handler.h"

struct xwl_relay;
LIST_HEAD(xwl_relays, xwl_relay);

/* requests, for a proxy */
extern const struct xwl_handler xwl_relay_requests[];

/**
 * xwl_relay_start - until the host's half closes its end; takes over both descriptors
 * @list: it is in until then
 *
 * EMFILE: as many as one program may have.  ENOMEM, ENOSPC.
 */
int xwl_relay_start(struct xdc_loop *loop, struct xwl_relays *list, int from,
		    int to);
/** xwl_relays_end - all of them, at once */
void xwl_relays_end(struct xwl_relays *list);

#endif
