/* SPDX-License-Identifier: GPL-2.0-only */
/* Globals: which ones a guest is told of, and may bind. */
#ifndef XWL_HOST_CLIENT_GLOBALS_H
#define XWL_HOST_CLIENT_GLOBALS_H

#include "host/bridge/bridge.h"
#include "wire/handler.h"

extern const struct xwl_handler xwl_global_requests[];

/** xwl_globals_start - ask the compositor for its globals; b->ready comes later */
int xwl_globals_start(struct xwl_bridge *b);
/** xwl_globals_own - an event for this half's own registry or callback */
int xwl_globals_own(struct xwl_bridge *b, struct xwl_object *o,
		    struct xwl_message *m);

/*
 * Events for a registry of the guest; XWL_DONE: it must not be passed on.  The
 * version that is offered is cut to the one that the guest may bind.
 */
int xwl_globals_added(void *bridge, struct xwl_object *o,
		      struct xwl_message *m);
int xwl_globals_removed(void *bridge, struct xwl_object *o,
			struct xwl_message *m);

#endif
