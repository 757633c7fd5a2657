/* SPDX-License-Identifier: GPL-2.0-only */
/* Surfaces of a guest: what they show, and how it came here. */
#ifndef XWL_HOST_SURFACES_H
#define XWL_HOST_SURFACES_H

#include "host/bridge.h"
#include "wire/handler.h"

/* Hangs on the guest's wl_surface */
struct xwl_surface {
	struct xwl_attached attached;
	bool fresh; /* a buffer was attached, and is not shown yet */
	/* of the buffer that was attached last */
	enum xwl_way way;
	enum xwl_why why;
	int32_t width, height; /* 0: none, or unknown */
	int32_t shown_width, shown_height; /* of the frame that is shown */
	uint64_t frames[XWL_WAYS];
	char *title; /* as the compositor has it; NULL: no window */
};

/* requests, for a bridge */
extern const struct xwl_handler xwl_host_surface_requests[];

/**
 * xwl_surface_of - of a guest's wl_surface, or the one below its xdg_surface,
 * xdg_toplevel or wl_subsurface; NULL: it is gone, or the object is another
 */
struct xwl_surface *xwl_surface_of(struct xwl_bridge *b,
				   const struct xwl_object *o);
/** xwl_surface_parent - the object's parent, if that is still the one that was set */
struct xwl_object *xwl_surface_parent(struct xwl_bridge *b,
				      const struct xwl_object *o);
/** xwl_surface_adopt - @child belongs to @parent */
void xwl_surface_adopt(struct xwl_object *parent, struct xwl_object *child);

#endif
