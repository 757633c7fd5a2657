/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of the watches of a connection to xenstore, in a loop. */
#ifndef XDC_STORE_EVENTS_H
#define XDC_STORE_EVENTS_H

#include <xenstore.h>

#include "common/loop.h"

struct xdc_store_events {
	struct xdc_loop *loop;
	struct xs_handle *xs;
	struct xdc_source source;
	struct xdc_source peer; /* hangs up when xenstored ends */
	/* @path has changed, which the watch with @token sees */
	void (*event)(struct xdc_store_events *e, const char *path,
		      const char *token);
	/* after the events of a turn: other domains cause any number of them */
	void (*turn_over)(struct xdc_store_events *e);
};

/**
 * xdc_store_events_start - @e->event and @e->turn_over are set
 *
 * When xenstored ends the connection, the loop fails with EPIPE.
 */
int xdc_store_events_start(struct xdc_store_events *e, struct xdc_loop *loop,
			   struct xs_handle *xs);
/** xdc_store_events_stop - for a zeroed @e, too; the connection stays open */
void xdc_store_events_stop(struct xdc_store_events *e);

#endif
