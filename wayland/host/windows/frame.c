// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "host/bridge/forward.h"
#include "host/bridge/own.h"
#include "host/windows/frame.h"
#include "host/windows/panel.h"
#include "host/windows/reach.h"
#include "host/windows/surfaces.h"
#include "host/windows/windows.h"

/* Pixels beside a window in which something may be shown: sizes stay numbers that compositors
 * can work with
 */
#define OUTSIDE_MAX 16384

enum { TOP, BOTTOM, LEFT, RIGHT, SIDES };

/* Of xdg_positioner.constraint_adjustment, each on both axes */
enum { ADJUST_SLIDE = 1 | 2, ADJUST_RESIZE = 16 | 32 };

struct xwl_frame {
	struct xwl_panel back, strips[SIDES];
	struct xwl_object *content; /* the guest's surface as a sub-surface */
	struct xwl_object *xdg_surface; /* at the compositor; NULL: destroyed */
	bool mapped;
	/* the last configure that the guest has acknowledged, and the compositor not */
	bool acknowledged;
	uint32_t configure;
	/*
	 * What the compositor lets the window have at most, with its frame: by its last
	 * configure, and by the last one that was acknowledged; 0: any size
	 */
	struct xwl_size told, most;
	/* as the guest has committed it: the surface, and the part that is the window */
	struct xwl_size size;
	struct xwl_rectangle committed;
	struct xwl_size shown; /* for sure */
	/* as it is shown: the window, and how much is outside of it */
	struct xwl_rectangle window;
	int32_t margin[SIDES];
};

/* ---- a frame's life ---- */

static int make_frame(struct xwl_bridge *b, struct xwl_frame *f,
		      const struct xwl_object *guest)
{
	unsigned int i;
	int err = xwl_panel_make(b, NULL, &f->back);

	if (err)
		return err;
	f->back.surface->parent = guest->id;
	f->back.surface->parent_serial = guest->serial;
	err = xwl_own_make_of(b, b->subsurfaces, "get_subsurface",
			      xwl_bridge_peer(b, guest), f->back.surface,
			      &f->content);
	/* the guest's frames are shown as they come */
	if (!err)
		err = xwl_own_send(b, f->content, "set_desync", 0, 0);
	for (i = 0; i < SIDES && !err; i++)
		err = xwl_panel_make(b, f->back.surface, &f->strips[i]);
	return err;
}

static void end_frame(struct xwl_bridge *b, struct xwl_surface *s)
{
	struct xwl_frame *f = s->frame;
	unsigned int i;

	if (!f)
		return;
	for (i = 0; i < SIDES; i++)
		xwl_panel_destroy(b, &f->strips[i]);
	xwl_own_destroy(b, &f->content);
	xwl_panel_destroy(b, &f->back);
	free(f);
	s->frame = NULL;
}

struct xwl_object *xwl_frame_guest(struct xwl_bridge *b,
				   const struct xwl_object *compositor)
{
	struct xwl_object *o =
		compositor->parent
			? xwl_objects_known(&b->guest, compositor->parent)
			: NULL;

	return o && o->serial == compositor->parent_serial ? o : NULL;
}

int xwl_frames_possible(struct xwl_bridge *b)
{
	const char *missing = !b->surfaces	? "wl_compositor"
			      : !b->subsurfaces ? "wl_subcompositor"
			      : !b->viewporter	? "wp_viewporter"
			      : !b->shm		? "wl_shm"
						: NULL;

	return missing ? xdc_reason_set(
				 &b->why, -EOPNOTSUPP,
				 "frame is configured, but the compositor has no %s",
				 missing)
		       : 0;
}

/* The frame's surface gets the role instead of the guest's own */
static int send_xdg_surface(struct xwl_bridge *b, const struct xwl_object *o,
			    struct xwl_message *m, struct xwl_object *surface,
			    struct xwl_frame *f)
{
	struct xwl_object *made;
	int err = xwl_bridge_pair(b, m->args[0].u, m->args[0].interface,
				  o->version, &made);

	if (err)
		return err;
	xwl_surface_adopt(surface, made);
	f->xdg_surface = xwl_bridge_peer(b, made);
	m->args[0].u = made->peer;
	m->args[1].u = f->back.surface->id;
	m->object = o->peer;
	err = b->ops->to_compositor(b, m);
	return err ? err : XWL_DONE;
}

static int get_xdg_surface(void *bridge, struct xwl_object *o,
			   struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *surface = xwl_objects_find(&b->guest, m->args[1].u);
	struct xwl_surface *s = xwl_surface_of(b, surface);
	int err;

	/* inside a frame it is a sub-surface, and the compositor sees no second role */
	if (s->frame || s->reach.surface)
		return xwl_bridge_refuse(b, "the surface already has a role");
	s->frame = calloc(1, sizeof(*s->frame));
	if (!s->frame)
		return xdc_reason_set(&b->why, -ENOMEM, "out of memory");
	memset(&s->geometry, 0, sizeof(s->geometry));
	err = make_frame(b, s->frame, surface);
	return err ? err : send_xdg_surface(b, o, m, surface, s->frame);
}

static int destroy_xdg_surface(void *bridge, struct xwl_object *o,
			       struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);
	int err = xwl_forward(b, o, m, NULL);

	if (err)
		return err;
	if (s)
		end_frame(b, s);
	return XWL_DONE;
}

/* Before its xdg_surface: the compositor sees the wrong order as it would without frames */
static int destroy_surface(void *bridge, struct xwl_object *o,
			   struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);

	end_frame(b, s);
	return XWL_PASS;
}

/* ---- what is shown ---- */

static int place_strips(struct xwl_bridge *b, const struct xwl_frame *f)
{
	const int32_t *margin = f->margin;
	int32_t width = f->window.width, height = f->window.height;
	int32_t whole = margin[LEFT] + width + margin[RIGHT];
	const struct xwl_rectangle at[SIDES] = {
		[TOP] = { 0, 0, whole, margin[TOP] },
		[BOTTOM] = { 0, margin[TOP] + height, whole, margin[BOTTOM] },
		[LEFT] = { 0, margin[TOP], margin[LEFT], height },
		[RIGHT] = { margin[LEFT] + width, margin[TOP], margin[RIGHT],
			    height },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; i < SIDES && !err; i++)
		err = xwl_panel_place(b, &f->strips[i], &at[i]);
	return err;
}

static int send_geometry(struct xwl_bridge *b, const struct xwl_frame *f)
{
	int32_t own = (int32_t)b->policy->max[XWL_FRAME_WIDTH];
	struct xwl_message m;

	xwl_bridge_request(f->xdg_surface, "set_window_geometry", &m);
	m.args[0].i = f->margin[LEFT] - own;
	m.args[1].i = f->margin[TOP] - own;
	m.args[2].i = f->window.width + 2 * own;
	m.args[3].i = f->window.height + 2 * own;
	return b->ops->to_compositor(b, &m);
}

/* The guest's window has another size, or draws elsewhere outside of it */
static int lay_out(struct xwl_bridge *b, struct xwl_frame *f)
{
	const struct xwl_rectangle all = {
		.width = f->margin[LEFT] + f->window.width + f->margin[RIGHT],
		.height = f->margin[TOP] + f->window.height + f->margin[BOTTOM],
	};
	int err = xwl_own_send(b, f->content, "set_position",
			       f->margin[LEFT] - f->window.x,
			       f->margin[TOP] - f->window.y);

	if (!err)
		err = place_strips(b, f);
	if (!err && f->xdg_surface->state == XWL_LIVE)
		err = send_geometry(b, f);
	return err ? err : xwl_panel_place(b, &f->back, &all);
}

/* How much of the tree of surfaces is outside of the window, at each side */
static int measure_margin(struct xwl_bridge *b, const struct xwl_object *root,
			  const struct xwl_frame *f, int32_t *margin)
{
	int32_t own = (int32_t)b->policy->max[XWL_FRAME_WIDTH];
	struct xwl_rectangle w = f->committed, box = xwl_reach_box(b, root);
	unsigned int i;

	margin[TOP] = MAX(w.y, w.y - box.y);
	/* until the compositor has the guest's commit, it shows what was before */
	margin[BOTTOM] =
		MAX(MAX(f->size.height, f->shown.height), box.y + box.height) -
		w.y - w.height;
	margin[LEFT] = MAX(w.x, w.x - box.x);
	margin[RIGHT] =
		MAX(MAX(f->size.width, f->shown.width), box.x + box.width) -
		w.x - w.width;
	for (i = 0; i < SIDES; i++) {
		if (margin[i] > OUTSIDE_MAX)
			return xwl_bridge_refuse(
				b,
				"the window draws up to %d pixels outside of its geometry, at most %d are allowed",
				margin[i], OUTSIDE_MAX);
		margin[i] = MAX(margin[i], own);
	}
	return 0;
}

/* Make the frame cover all that is shown now or soon; @always: commit it even if unchanged */
static int show_frame(struct xwl_bridge *b, const struct xwl_object *root,
		      struct xwl_frame *f, bool always)
{
	int32_t margin[SIDES];
	int err = measure_margin(b, root, f, margin);
	bool same = f->mapped &&
		    !memcmp(&f->committed, &f->window, sizeof(f->window)) &&
		    !memcmp(margin, f->margin, sizeof(margin));

	if (!err && !same) {
		f->mapped = true;
		f->window = f->committed;
		memcpy(f->margin, margin, sizeof(margin));
		err = lay_out(b, f);
	}
	return err || (same && !always)
		       ? err
		       : xwl_own_send(b, f->back.surface, "commit", 0, 0);
}

static int send_acknowledgement(struct xwl_bridge *b, struct xwl_frame *f)
{
	if (!f->acknowledged)
		return 0;
	f->acknowledged = false;
	f->most = f->told;
	return xwl_own_send(b, f->xdg_surface, "ack_configure",
			    (int32_t)f->configure, 0);
}

static int32_t limit_size(const struct xwl_bridge *b, int32_t size,
			  int32_t most)
{
	int32_t own = (int32_t)b->policy->max[XWL_FRAME_WIDTH];

	return most ? MIN(size, MAX(most - 2 * own, 1)) : size;
}

/*
 * A program that takes all of a full screen, whatever it was told, keeps its connection:
 * what is too much is outside of its window, and covered as a shadow is.
 */
static void limit_window(const struct xwl_bridge *b, struct xwl_frame *f)
{
	struct xwl_rectangle *w = &f->committed;

	w->width = limit_size(b, w->width, f->most.width);
	w->height = limit_size(b, w->height, f->most.height);
}

/* What it has said about its window counts from the frame's commit on */
static int commit_window(struct xwl_bridge *b, const struct xwl_object *o,
			 struct xwl_surface *s)
{
	struct xwl_frame *f = s->frame;
	struct xwl_rectangle tree;
	int err = send_acknowledgement(b, f);

	if (err)
		return err;
	f->size = xwl_surface_size(s);
	if (f->size.width) {
		tree = xwl_reach_box(b, o);
		f->committed = xwl_surface_window(s, &f->size, &tree);
		limit_window(b, f);
		return show_frame(b, o, f, true);
	}
	if (f->mapped)
		err = xwl_own_send(b, f->back.surface, "attach", 0, 0);
	f->mapped = false;
	return err ? err : xwl_own_send(b, f->back.surface, "commit", 0, 0);
}

/* The window that the surface is part of has a frame, and is shown; NULL: it is not so */
static struct xwl_object *find_framed(struct xwl_bridge *b,
				      struct xwl_object *o)
{
	struct xwl_object *root = xwl_reach_root(b, o);
	const struct xwl_surface *s = root ? xwl_surface_of(b, root) : NULL;

	return s && s->frame && s->frame->mapped ? root : NULL;
}

static int commit(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);
	struct xwl_object *root;

	if (s->frame)
		return commit_window(b, o, s);
	root = find_framed(b, o);
	return root ? show_frame(b, root, xwl_surface_of(b, root)->frame, false)
		    : XWL_PASS;
}

/* The compositor has the commit: strips can shrink to what is shown now */
static int commit_sent(void *bridge, struct xwl_object *o,
		       struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;

	if (find_framed(b, o) != o)
		return XWL_PASS;
	xwl_reach_settle(b, o);
	xwl_surface_of(b, o)->frame->shown = xwl_surface_of(b, o)->frame->size;
	return show_frame(b, o, xwl_surface_of(b, o)->frame, false);
}

static int set_geometry(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (s)
		s->geometry =
			(struct xwl_rectangle){ m->args[0].i, m->args[1].i,
						m->args[2].i, m->args[3].i };
	return XWL_DONE;
}

/* It is for the window's next commit, and the frame may be committed before */
static int hold_acknowledgement(void *bridge, struct xwl_object *o,
				struct xwl_message *m)
{
	const struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (!s || !s->frame)
		return XWL_PASS;
	s->frame->acknowledged = true;
	s->frame->configure = m->args[0].u;
	return XWL_DONE;
}

/* ---- sizes and places ---- */

static int32_t width_of(void *bridge)
{
	const struct xwl_bridge *b = bridge;

	return (int32_t)b->policy->max[XWL_FRAME_WIDTH];
}

/* 0 is no size: the other end chooses */
static void add_to(struct xwl_arg *a, int32_t n)
{
	int64_t v = (int64_t)a->i + n;

	if (a->i)
		a->i = v < 1 ? 1 : v > INT32_MAX ? INT32_MAX : (int32_t)v;
}

static int grow_size(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	add_to(&m->args[0], 2 * width_of(bridge));
	add_to(&m->args[1], 2 * width_of(bridge));
	return XWL_PASS;
}

static int shrink_size(void *bridge, struct xwl_object *o,
		       struct xwl_message *m)
{
	add_to(&m->args[0], -2 * width_of(bridge));
	add_to(&m->args[1], -2 * width_of(bridge));
	return XWL_PASS;
}

/* Compositors end the connection of a window that is larger then */
static bool has_most(const struct xwl_arg *states)
{
	return xwl_window_has_state(states, XWL_STATE_MAXIMIZED) ||
	       xwl_window_has_state(states, XWL_STATE_FULLSCREEN);
}

static int configure_window(void *bridge, struct xwl_object *o,
			    struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *toplevel = xwl_objects_find(&b->guest, o->peer);
	struct xwl_surface *s = toplevel ? xwl_surface_of(b, toplevel) : NULL;

	if (s && s->frame && has_most(&m->args[2]))
		s->frame->told =
			(struct xwl_size){ m->args[0].i, m->args[1].i };
	else if (s && s->frame)
		memset(&s->frame->told, 0, sizeof(s->frame->told));
	return shrink_size(bridge, o, m);
}

/* Of a popup: its place is in its parent, whose frame is as wide as its own */
static int shrink_popup(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	add_to(&m->args[2], -2 * width_of(bridge));
	add_to(&m->args[3], -2 * width_of(bridge));
	return XWL_PASS;
}

/*
 * A popup that the compositor may not move or make smaller could cover a screen, with its
 * frame outside of that.  The compositor tries first what the guest has asked for.
 */
static int keep_on_screen(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	m->args[0].u |= ADJUST_SLIDE | ADJUST_RESIZE;
	return XWL_PASS;
}

static int create_positioner(void *bridge, struct xwl_object *o,
			     struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *made;
	int err = xwl_forward(b, o, m, &made);

	if (!err)
		err = xwl_own_send(b, xwl_bridge_peer(b, made),
				   "set_constraint_adjustment",
				   ADJUST_SLIDE | ADJUST_RESIZE, 0);
	return err ? err : XWL_DONE;
}

static int shift_anchor(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	m->args[0].i += width_of(bridge);
	m->args[1].i += width_of(bridge);
	return XWL_PASS;
}

static int shift_menu(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	m->args[2].i += width_of(bridge);
	m->args[3].i += width_of(bridge);
	return XWL_PASS;
}

/* ---- other protocols that mean the window, or count from its corner ---- */

static int name_frame(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_arg *a = &m->args[m->args[0].type == 'o' ? 0 : 1];
	struct xwl_bridge *b = bridge;
	struct xwl_object *surface = xwl_objects_find(&b->guest, a->u);
	struct xwl_surface *s = surface ? xwl_surface_of(b, surface) : NULL;
	int err;

	if (!s || !s->frame)
		return XWL_PASS;
	a->u = s->frame->back.surface->id;
	m->object = o->peer;
	err = b->ops->to_compositor(b, m);
	return err ? err : XWL_DONE;
}

/* Text is entered into the window that has the focus, which is a frame there */
static int note_text_focus(void *bridge, struct xwl_object *o,
			   struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *input = xwl_objects_find(&b->guest, o->peer);
	const struct xwl_object *frame =
		xwl_objects_known(&b->compositor, m->args[0].u);
	struct xwl_object *surface = frame ? xwl_frame_guest(b, frame) : NULL;

	if (input && surface)
		xwl_surface_adopt(surface, input);
	return XWL_PASS;
}

static int shift_cursor(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	const struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (!s || !s->frame)
		return XWL_PASS;
	m->args[0].i += s->frame->margin[LEFT] - s->frame->window.x;
	m->args[1].i += s->frame->margin[TOP] - s->frame->window.y;
	return XWL_PASS;
}

const struct xwl_handler xwl_frame_requests[] = {
	{ "wl_surface", "commit", commit },
	{ "wl_surface", "destroy", destroy_surface },
	{ "xdg_wm_base", "get_xdg_surface", get_xdg_surface },
	{ "xdg_surface", "set_window_geometry", set_geometry },
	{ "xdg_surface", "ack_configure", hold_acknowledgement },
	{ "xdg_surface", "destroy", destroy_xdg_surface },
	{ "xdg_toplevel", "set_min_size", grow_size },
	{ "xdg_toplevel", "set_max_size", grow_size },
	{ "xdg_toplevel", "show_window_menu", shift_menu },
	{ "xdg_wm_base", "create_positioner", create_positioner },
	{ "xdg_positioner", "set_constraint_adjustment", keep_on_screen },
	{ "xdg_positioner", "set_size", grow_size },
	{ "xdg_positioner", "set_parent_size", grow_size },
	{ "xdg_positioner", "set_anchor_rect", shift_anchor },
	{ "xdg_activation_v1", "activate", name_frame },
	{ "xdg_activation_token_v1", "set_surface", name_frame },
	{ "zwp_text_input_v3", "set_cursor_rectangle", shift_cursor },
	{ NULL, NULL, NULL },
};

const struct xwl_handler xwl_frame_sent[] = {
	{ "wl_surface", "commit", commit_sent },
	{ NULL, NULL, NULL },
};

const struct xwl_handler xwl_frame_events[] = {
	{ "xdg_toplevel", "configure", configure_window },
	{ "xdg_toplevel", "configure_bounds", shrink_size },
	{ "xdg_popup", "configure", shrink_popup },
	{ "zwp_text_input_v3", "enter", note_text_focus },
	{ NULL, NULL, NULL },
};
