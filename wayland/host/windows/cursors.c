// SPDX-License-Identifier: GPL-2.0-only
#include "host/windows/cursors.h"
#include "host/windows/surfaces.h"

/* wl_pointer and zwp_tablet_tool_v2 alike: serial, surface, hotspot */
enum { SERIAL, SURFACE, HOTSPOT_X, HOTSPOT_Y };

static int check_size(struct xwl_bridge *b, struct xwl_size size)
{
	int err = xwl_account_check(b->account, XWL_CURSOR,
				    (uint64_t)size.width, &b->why);

	return err ? err
		   : xwl_account_check(b->account, XWL_CURSOR,
				       (uint64_t)size.height, &b->why);
}

/* The point that is at the pointer is one of the picture */
static void bring_closer(struct xwl_arg *hotspot, uint32_t max)
{
	if (hotspot->i < 0)
		hotspot->i = 0;
	if (hotspot->i > (int32_t)max)
		hotspot->i = (int32_t)max;
}

static int set_cursor(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *surface =
		xwl_objects_find(&b->guest, m->args[SURFACE].u);
	struct xwl_surface *s;

	/* without a surface it is hidden */
	if (!surface)
		return XWL_PASS;
	if (surface->count)
		return xwl_bridge_refuse(b,
					 "a cursor cannot have sub-surfaces");
	s = xwl_surface_of(b, surface);
	s->cursor = true;
	bring_closer(&m->args[HOTSPOT_X], b->policy->max[XWL_CURSOR]);
	bring_closer(&m->args[HOTSPOT_Y], b->policy->max[XWL_CURSOR]);
	/* it is shown at once, as it was committed */
	return check_size(b, s->committed);
}

static int commit(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	const struct xwl_surface *s = xwl_surface_of(b, o);

	return s->cursor ? check_size(b, xwl_surface_size(s)) : XWL_PASS;
}

static int get_subsurface(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *parent = xwl_objects_find(&b->guest, m->args[2].u);

	return xwl_surface_of(b, parent)->cursor
		       ? xwl_bridge_refuse(b,
					   "a cursor cannot have sub-surfaces")
		       : XWL_PASS;
}

const struct xwl_handler xwl_cursor_requests[] = {
	{ "wl_pointer", "set_cursor", set_cursor },
	{ "zwp_tablet_tool_v2", "set_cursor", set_cursor },
	{ "wl_surface", "commit", commit },
	{ "wl_subcompositor", "get_subsurface", get_subsurface },
	{ NULL, NULL, NULL },
};
