/* SPDX-License-Identifier: GPL-2.0-only */
/* The event channels of a device: one handle, in the loop. */
#ifndef XD_XENBUS_EVENTS_H
#define XD_XENBUS_EVENTS_H

#include <xenevtchn.h>

#include "common/loop.h"
#include "common/reason.h"

/**
 * xd_events_open - open a handle without channels; @source gets their events
 * @source: ready is set, fd is -1
 * @handle: set, or NULL
 *
 * Return: 0, or a negative errno value, with @why.  The handle may be open then, too.
 */
int xd_events_open(struct xdc_loop *loop, struct xdc_source *source,
		   xenevtchn_handle **handle, struct xdc_reason *why);
/** xd_events_close - also after xd_events_open() has failed; unbinds all channels */
void xd_events_close(struct xdc_loop *loop, struct xdc_source *source,
		     xenevtchn_handle **handle);

#endif
