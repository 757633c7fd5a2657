// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "host/bridge/forward.h"
#include "host/windows/surfaces.h"
#include "host/windows/windows.h"

/* enum zxdg_toplevel_decoration_v1.mode */
#define SERVER_SIDE 2U

/* For status.  Without memory for it the window is shown all the same */
static void keep_title(struct xwl_bridge *b, const struct xwl_object *toplevel)
{
	struct xwl_surface *s = xwl_surface_of(b, toplevel);

	if (!s)
		return;
	free(s->title);
	s->title = strdup(b->text);
}

static int send_text(struct xwl_bridge *b, const struct xwl_object *toplevel,
		     const char *request)
{
	struct xwl_message m;

	xwl_bridge_request(xwl_bridge_peer(b, toplevel), request, &m);
	xwl_arg_text(&m.args[0], b->text);
	return b->ops->to_compositor(b, &m);
}

/* A surface can get one window after the other */
static void forget_states(struct xwl_bridge *b,
			  const struct xwl_object *toplevel)
{
	struct xwl_surface *s = xwl_surface_of(b, toplevel);

	if (s)
		s->maximized = s->full = false;
}

/* Also a window that never gets a title or an app_id says whose it is */
static int get_toplevel(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	struct xwl_object *toplevel;
	struct xwl_bridge *b = bridge;
	int err = xwl_forward(b, o, m, &toplevel);

	if (err)
		return err;
	xwl_surface_adopt(o, toplevel);
	forget_states(b, toplevel);
	xwl_text_title(b->text, sizeof(b->text), b->policy->guest, NULL,
		       b->policy->ascii);
	keep_title(b, toplevel);
	err = send_text(b, toplevel, "set_title");
	if (err)
		return err;
	xwl_text_app_id(b->text, sizeof(b->text), b->policy->guest, NULL);
	err = send_text(b, toplevel, "set_app_id");
	return err ? err : XWL_DONE;
}

static int set_title(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;

	xwl_text_title(b->text, sizeof(b->text), b->policy->guest,
		       m->args[0].data, b->policy->ascii);
	keep_title(b, o);
	xwl_arg_text(&m->args[0], b->text);
	return XWL_PASS;
}

static int set_app_id(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;

	xwl_text_app_id(b->text, sizeof(b->text), b->policy->guest,
			m->args[0].data);
	xwl_arg_text(&m->args[0], b->text);
	return XWL_PASS;
}

/*
 * What is being edited may have form feeds in it, and worse.  The places of the cursor and of
 * the anchor, which are counted in bytes, stay right.
 */
static int set_surrounding_text(void *bridge, struct xwl_object *o,
				struct xwl_message *m)
{
	char text[XWL_LINES_MAX + 1];
	int err;

	xwl_text_lines(text, sizeof(text), m->args[0].data);
	xwl_arg_text(&m->args[0], text);
	err = xwl_forward(bridge, o, m, NULL);
	return err ? err : XWL_DONE;
}

/* A full screen would hide whose window it is */
static int maximize_instead(struct xwl_bridge *b, struct xwl_object *o,
			    const char *request)
{
	struct xwl_message m;
	int err;

	if (b->policy->allow & XWL_ALLOW_FULLSCREEN)
		return XWL_PASS;
	xwl_bridge_request(xwl_bridge_peer(b, o), request, &m);
	err = b->ops->to_compositor(b, &m);
	return err ? err : XWL_DONE;
}

static int set_fullscreen(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (s)
		s->full = true;
	return maximize_instead(bridge, o, "set_maximized");
}

static int unset_fullscreen(void *bridge, struct xwl_object *o,
			    struct xwl_message *m)
{
	struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (s)
		s->full = false;
	/* the program waits for a configure, with which compositors answer either */
	return maximize_instead(bridge, o,
				s && s->maximized ? "set_maximized"
						  : "unset_maximized");
}

static int set_maximized(void *bridge, struct xwl_object *o,
			 struct xwl_message *m)
{
	struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (s)
		s->maximized = true;
	return XWL_PASS;
}

/* It leaves the full screen with it, as it looks to the program */
static int unset_maximized(void *bridge, struct xwl_object *o,
			   struct xwl_message *m)
{
	struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (s)
		s->maximized = s->full = false;
	return XWL_PASS;
}

bool xwl_window_has_state(const struct xwl_arg *states, uint32_t state)
{
	const uint8_t *data = states->data;
	uint32_t at, value;

	for (at = 0; at + sizeof(value) <= states->len; at += sizeof(value)) {
		memcpy(&value, data + at, sizeof(value));
		if (value == state)
			return true;
	}
	return false;
}

int xwl_window_configured(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *toplevel = xwl_objects_find(&b->guest, o->peer);
	struct xwl_surface *s = toplevel ? xwl_surface_of(b, toplevel) : NULL;

	if (s && !s->full)
		s->maximized =
			xwl_window_has_state(&m->args[2], XWL_STATE_MAXIMIZED);
	return XWL_PASS;
}

/* The compositor's title bar shows the guest's name */
static int set_mode(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	m->args[0].u = SERVER_SIDE;
	return XWL_PASS;
}

static int count_rectangle(void *bridge, struct xwl_object *o,
			   struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;

	return xwl_account_check(b->account, XWL_RECTANGLES, ++o->count,
				 &b->why);
}

/*
 * A surface's count is the depth of the tree below it, as deep as it ever was.
 * Compositors walk these trees by recursion.
 */
static int check_depth(struct xwl_bridge *b, const struct xwl_object *surface,
		       struct xwl_object *parent)
{
	uint32_t depth = surface->count + 1;
	struct xwl_object *o;
	int err;

	for (o = parent; o; o = xwl_surface_parent(b, o)) {
		if (o == surface)
			return xwl_bridge_refuse(
				b, "a surface would be its own sub-surface");
		err = xwl_account_check(b->account, XWL_DEPTH, depth++,
					&b->why);
		if (err)
			return err;
	}
	return 0;
}

static int get_subsurface(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *surface = xwl_objects_find(&b->guest, m->args[1].u);
	struct xwl_object *parent = xwl_objects_find(&b->guest, m->args[2].u);
	struct xwl_object *made, *up;
	uint32_t depth;
	int err = check_depth(b, surface, parent);

	if (!err)
		err = xwl_forward(b, o, m, &made);
	if (err)
		return err;
	xwl_surface_adopt(parent, surface);
	xwl_surface_adopt(surface, made);
	depth = surface->count + 1;
	for (up = parent; up; up = xwl_surface_parent(b, up), depth++)
		if (up->count < depth)
			up->count = depth;
	return XWL_DONE;
}

static int destroy_subsurface(void *bridge, struct xwl_object *o,
			      struct xwl_message *m)
{
	struct xwl_object *surface = xwl_surface_parent(bridge, o);

	if (surface)
		surface->parent = 0;
	return XWL_PASS;
}

const struct xwl_handler xwl_window_requests[] = {
	{ "xdg_wm_base", "get_xdg_surface", xwl_surface_extend },
	{ "xdg_surface", "get_toplevel", get_toplevel },
	{ "xdg_toplevel", "set_title", set_title },
	{ "xdg_toplevel", "set_app_id", set_app_id },
	{ "xdg_activation_token_v1", "set_app_id", set_app_id },
	{ "xdg_toplevel", "set_fullscreen", set_fullscreen },
	{ "xdg_toplevel", "unset_fullscreen", unset_fullscreen },
	{ "xdg_toplevel", "set_maximized", set_maximized },
	{ "xdg_toplevel", "unset_maximized", unset_maximized },
	{ "zxdg_toplevel_decoration_v1", "set_mode", set_mode },
	{ "zwp_text_input_v3", "set_surrounding_text", set_surrounding_text },
	{ "wl_region", "add", count_rectangle },
	{ "wl_region", "subtract", count_rectangle },
	{ "wl_subcompositor", "get_subsurface", get_subsurface },
	{ "wl_subsurface", "destroy", destroy_subsurface },
	{ NULL, NULL, NULL },
};
