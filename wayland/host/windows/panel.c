// SPDX-License-Identifier: GPL-2.0-only
#include "host/bridge/own.h"
#include "host/windows/colour.h"
#include "host/windows/panel.h"

/* An empty region: clicks are for what is below */
static int refuse_input(struct xwl_bridge *b, const struct xwl_object *surface)
{
	struct xwl_object *region;
	int err = xwl_own_make(b, b->surfaces, "create_region", &region);

	if (!err)
		err = xwl_own_send(b, surface, "set_input_region",
				   (int32_t)region->id, 0);
	if (!err)
		xwl_own_destroy(b, &region);
	return err;
}

int xwl_panel_make(struct xwl_bridge *b, const struct xwl_object *parent,
		   struct xwl_panel *p)
{
	int err = xwl_own_make(b, b->surfaces, "create_surface", &p->surface);

	if (!err)
		err = xwl_own_make_of(b, b->viewporter, "get_viewport",
				      p->surface, NULL, &p->viewport);
	if (!err)
		err = refuse_input(b, p->surface);
	if (!err && parent)
		err = xwl_own_make_of(b, b->subsurfaces, "get_subsurface",
				      p->surface, parent, &p->subsurface);
	return err;
}

int xwl_panel_place(struct xwl_bridge *b, const struct xwl_panel *p,
		    const struct xwl_rectangle *at)
{
	const struct xwl_object *buffer;
	struct xwl_message m;
	/* the frame's own surface is below the strips and the guest's surface */
	int err = xwl_colour_get(b, p->subsurface ? at->width : 1,
				 p->subsurface ? at->height : 1, &buffer);

	if (!err)
		err = xwl_own_send(b, p->viewport, "set_destination", at->width,
				   at->height);
	if (!err && p->subsurface)
		err = xwl_own_send(b, p->subsurface, "set_position", at->x,
				   at->y);
	if (!err)
		err = xwl_own_send(b, p->surface, "attach", (int32_t)buffer->id,
				   0);
	if (err)
		return err;
	xwl_bridge_request(p->surface, "damage", &m);
	m.args[2].i = at->width;
	m.args[3].i = at->height;
	err = b->ops->to_compositor(b, &m);
	/* a strip's waits for the frame's own */
	return err || !p->subsurface
		       ? err
		       : xwl_own_send(b, p->surface, "commit", 0, 0);
}

void xwl_panel_destroy(struct xwl_bridge *b, struct xwl_panel *p)
{
	xwl_own_destroy(b, &p->viewport);
	xwl_own_destroy(b, &p->subsurface);
	xwl_own_destroy(b, &p->surface);
}
