/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers at the compositor that are filled with the guest's colour.
 *
 * They are scaled down to what they fill, hardly ever up: some compositors (wlroots with
 * pixman) blend the edges of what they scale up with what is beyond them, and the guest
 * would shine through.  All show the same memory.
 */
#ifndef XWL_HOST_WINDOWS_COLOUR_H
#define XWL_HOST_WINDOWS_COLOUR_H

#include "host/bridge/bridge.h"

/**
 * xwl_colour_get - a buffer for a rectangle of so many pixels
 * @buffer: of all that are as large; there until the connection ends
 *
 * ENOMEM, or an error of the bridge's to_compositor(), with the bridge's @why.
 */
int xwl_colour_get(struct xwl_bridge *b, int32_t width, int32_t height,
		   const struct xwl_object **buffer);
/** xwl_colour_fini - the bridge ends, and its objects with it */
void xwl_colour_fini(struct xwl_bridge *b);

#endif
