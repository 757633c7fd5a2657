/* SPDX-License-Identifier: GPL-2.0-only */
/* Surfaces that are filled with the guest's colour, by a buffer that a viewport scales.
 * They take no input: clicks are for what is below.
 */
#ifndef XWL_HOST_WINDOWS_PANEL_H
#define XWL_HOST_WINDOWS_PANEL_H

#include "host/bridge/bridge.h"
#include "host/windows/surfaces.h"

struct xwl_panel {
	struct xwl_object *surface, *viewport;
	struct xwl_object *subsurface; /* NULL: it has no parent */
};

/** xwl_panel_make - @parent: a surface, or NULL */
int xwl_panel_make(struct xwl_bridge *b, const struct xwl_object *parent,
		   struct xwl_panel *p);
/** xwl_panel_place - @at: in its parent, shown from the parent's next commit on */
int xwl_panel_place(struct xwl_bridge *b, const struct xwl_panel *p,
		    const struct xwl_rectangle *at);
void xwl_panel_destroy(struct xwl_bridge *b, struct xwl_panel *p);

#endif
