// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "host/forward.h"
#include "host/frame.h"
#include "host/surfaces.h"

enum { TOP, BOTTOM, LEFT, RIGHT, SIDES };

/* A surface that is filled with the colour */
struct panel {
	struct xwl_object *surface, *viewport;
	struct xwl_object *subsurface; /* NULL: of the frame itself */
};

struct xwl_frame {
	struct panel back, strips[SIDES];
	struct xwl_object *content; /* the guest's surface as a sub-surface */
	struct xwl_object *xdg_surface; /* at the compositor; NULL: destroyed */
	bool mapped;
	/* as it is shown: the window, and how much is outside of it */
	struct xwl_rectangle window;
	int32_t margin[SIDES];
};

/* ---- objects of this half's own ---- */

/* Begin the request that makes it; the caller fills in the rest, and sends it */
static int begin_new(struct xwl_bridge *b, const struct xwl_object *factory,
		     const char *request, struct xwl_message *m,
		     struct xwl_object **out)
{
	unsigned int i = 0;
	int err;

	xwl_bridge_request(factory, request, m);
	while (m->args[i].type != 'n')
		i++;
	err = xwl_bridge_own(b, m->args[i].interface, 1, out);
	if (err)
		return xdc_reason_set(&b->why, err, "too many objects");
	m->args[i].u = (*out)->id;
	return 0;
}

static int make(struct xwl_bridge *b, const struct xwl_object *factory,
		const char *request, struct xwl_object **out)
{
	struct xwl_message m;
	int err = begin_new(b, factory, request, &m, out);

	return err ? err : b->ops->to_compositor(b, &m);
}

/* Of a surface: a viewport, or a sub-surface of @parent */
static int make_of(struct xwl_bridge *b, const struct xwl_object *factory,
		   const char *request, const struct xwl_object *surface,
		   const struct xwl_object *parent, struct xwl_object **out)
{
	struct xwl_message m;
	int err = begin_new(b, factory, request, &m, out);

	if (err)
		return err;
	m.args[1].u = surface->id;
	if (parent)
		m.args[2].u = parent->id;
	return b->ops->to_compositor(b, &m);
}

static int send(struct xwl_bridge *b, const struct xwl_object *o,
		const char *request, int32_t first, int32_t second)
{
	struct xwl_message m;

	xwl_bridge_request(o, request, &m);
	if (m.nr_args > 0)
		m.args[0].i = first;
	if (m.nr_args > 1)
		m.args[1].i = second;
	return b->ops->to_compositor(b, &m);
}

/* Nothing is left to be done if a destructor cannot be sent: the connection is lost */
static void destroy(struct xwl_bridge *b, struct xwl_object **o)
{
	if (*o) {
		send(b, *o, "destroy", 0, 0);
		(*o)->state = XWL_DEAD;
	}
	*o = NULL;
}

/* ---- the colour ---- */

static int send_pixel_pool(struct xwl_bridge *b, struct xwl_object **pool)
{
	int fd = memfd_create("xen-wayland-colour", MFD_CLOEXEC);
	uint32_t pixel = 0xff000000U | b->policy->colour;
	struct xwl_message m;
	int err;

	if (fd < 0 || write(fd, &pixel, sizeof(pixel)) != sizeof(pixel)) {
		if (fd >= 0)
			close(fd);
		return xdc_reason_set(&b->why, -ENOMEM, "no memory for frames");
	}
	err = begin_new(b, b->shm, "create_pool", &m, pool);
	if (err) {
		close(fd);
		return err;
	}
	m.args[1].fd = fd;
	m.args[2].i = sizeof(pixel);
	return b->ops->to_compositor(b, &m);
}

/* One pixel for all frames of the program */
static int make_colour(struct xwl_bridge *b)
{
	struct xwl_object *pool;
	struct xwl_message m;
	int err;

	if (b->colour)
		return 0;
	err = send_pixel_pool(b, &pool);
	if (!err)
		err = begin_new(b, pool, "create_buffer", &m, &b->colour);
	if (err)
		return err;
	m.args[1].i = 0;
	m.args[2].i = m.args[3].i = 1;
	m.args[4].i = sizeof(uint32_t);
	m.args[5].u = WL_SHM_FORMAT_XRGB8888;
	err = b->ops->to_compositor(b, &m);
	destroy(b, &pool);
	return err;
}

/* An empty region: clicks are for what is below */
static int refuse_input(struct xwl_bridge *b, const struct xwl_object *surface)
{
	struct xwl_object *region;
	int err = make(b, b->surfaces, "create_region", &region);

	if (!err)
		err = send(b, surface, "set_input_region", (int32_t)region->id,
			   0);
	if (!err)
		destroy(b, &region);
	return err;
}

static int make_panel(struct xwl_bridge *b, const struct xwl_object *parent,
		      struct panel *p)
{
	int err = make(b, b->surfaces, "create_surface", &p->surface);

	if (!err)
		err = make_of(b, b->viewporter, "get_viewport", p->surface,
			      NULL, &p->viewport);
	if (!err)
		err = refuse_input(b, p->surface);
	if (!err && parent)
		err = make_of(b, b->subsurfaces, "get_subsurface", p->surface,
			      parent, &p->subsurface);
	return err;
}

static int place_panel(struct xwl_bridge *b, const struct panel *p,
		       const struct xwl_rectangle *at)
{
	struct xwl_message m;
	int err =
		send(b, p->viewport, "set_destination", at->width, at->height);

	if (!err && p->subsurface)
		err = send(b, p->subsurface, "set_position", at->x, at->y);
	if (!err)
		err = send(b, p->surface, "attach", (int32_t)b->colour->id, 0);
	if (err)
		return err;
	xwl_bridge_request(p->surface, "damage", &m);
	m.args[2].i = at->width;
	m.args[3].i = at->height;
	err = b->ops->to_compositor(b, &m);
	/* a strip's waits for the frame's own */
	return err || !p->subsurface ? err
				     : send(b, p->surface, "commit", 0, 0);
}

static void destroy_panel(struct xwl_bridge *b, struct panel *p)
{
	destroy(b, &p->viewport);
	destroy(b, &p->subsurface);
	destroy(b, &p->surface);
}

/* ---- a frame's life ---- */

static int make_frame(struct xwl_bridge *b, struct xwl_frame *f,
		      const struct xwl_object *guest)
{
	unsigned int i;
	int err = make_panel(b, NULL, &f->back);

	if (err)
		return err;
	f->back.surface->parent = guest->id;
	f->back.surface->parent_serial = guest->serial;
	err = make_of(b, b->subsurfaces, "get_subsurface",
		      xwl_bridge_peer(b, guest), f->back.surface, &f->content);
	/* the guest's frames are shown as they come */
	if (!err)
		err = send(b, f->content, "set_desync", 0, 0);
	for (i = 0; i < SIDES && !err; i++)
		err = make_panel(b, f->back.surface, &f->strips[i]);
	return err;
}

static void end_frame(struct xwl_bridge *b, struct xwl_surface *s)
{
	struct xwl_frame *f = s->frame;
	unsigned int i;

	if (!f)
		return;
	for (i = 0; i < SIDES; i++)
		destroy_panel(b, &f->strips[i]);
	destroy(b, &f->content);
	destroy_panel(b, &f->back);
	free(f);
	s->frame = NULL;
}

struct xwl_object *xwl_frame_guest(struct xwl_bridge *b,
				   const struct xwl_object *compositor)
{
	struct xwl_object *o =
		compositor->parent
			? xwl_objects_find(&b->guest, compositor->parent)
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
				 "frames are configured, and the compositor has no %s",
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

	if (s->frame)
		return xwl_bridge_refuse(b, "a surface with two xdg_surfaces");
	s->frame = calloc(1, sizeof(*s->frame));
	if (!s->frame)
		return xdc_reason_set(&b->why, -ENOMEM, "out of memory");
	memset(&s->geometry, 0, sizeof(s->geometry));
	err = make_colour(b);
	if (!err)
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

/* The compositor sees what it would see without frames, if the order is wrong */
static int destroy_surface(void *bridge, struct xwl_object *o,
			   struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);

	end_frame(b, s);
	return XWL_PASS;
}

/* ---- what is shown ---- */

static int32_t wider(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

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
		err = place_panel(b, &f->strips[i], &at[i]);
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
	int err = send(b, f->content, "set_position",
		       f->margin[LEFT] - f->window.x,
		       f->margin[TOP] - f->window.y);

	if (!err)
		err = place_strips(b, f);
	if (!err && f->xdg_surface->state == XWL_LIVE)
		err = send_geometry(b, f);
	return err ? err : place_panel(b, &f->back, &all);
}

static int show_frame(struct xwl_bridge *b, const struct xwl_surface *s,
		      const struct xwl_size *size)
{
	int32_t own = (int32_t)b->policy->max[XWL_FRAME_WIDTH];
	struct xwl_frame *f = s->frame;
	struct xwl_rectangle w = xwl_surface_window(s, size);
	const int32_t margin[SIDES] = {
		[TOP] = wider(own, w.y),
		[BOTTOM] = wider(own, size->height - w.y - w.height),
		[LEFT] = wider(own, w.x),
		[RIGHT] = wider(own, size->width - w.x - w.width),
	};

	if (f->mapped && !memcmp(&w, &f->window, sizeof(w)) &&
	    !memcmp(margin, f->margin, sizeof(margin)))
		return 0;
	f->mapped = true;
	f->window = w;
	memcpy(f->margin, margin, sizeof(margin));
	return lay_out(b, f);
}

/* What it has said about its window counts from the frame's commit on */
static int commit(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);
	struct xwl_frame *f = s->frame;
	struct xwl_size size = xwl_surface_size(s);
	int err = 0;

	if (!f)
		return XWL_PASS;
	if (size.width) {
		err = show_frame(b, s, &size);
	} else if (f->mapped) {
		f->mapped = false;
		err = send(b, f->back.surface, "attach", 0, 0);
	}
	if (!err)
		err = send(b, f->back.surface, "commit", 0, 0);
	return err ? err : XWL_PASS;
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

/* Of a popup: its place is in its parent, whose frame is as wide as its own */
static int shrink_popup(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	add_to(&m->args[2], -2 * width_of(bridge));
	add_to(&m->args[3], -2 * width_of(bridge));
	return XWL_PASS;
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
	{ "xdg_surface", "destroy", destroy_xdg_surface },
	{ "xdg_toplevel", "set_min_size", grow_size },
	{ "xdg_toplevel", "set_max_size", grow_size },
	{ "xdg_toplevel", "show_window_menu", shift_menu },
	{ "xdg_positioner", "set_size", grow_size },
	{ "xdg_positioner", "set_parent_size", grow_size },
	{ "xdg_positioner", "set_anchor_rect", shift_anchor },
	{ "xdg_activation_v1", "activate", name_frame },
	{ "xdg_activation_token_v1", "set_surface", name_frame },
	{ "zwp_text_input_v3", "set_cursor_rectangle", shift_cursor },
	{ NULL, NULL, NULL },
};

const struct xwl_handler xwl_frame_events[] = {
	{ "xdg_toplevel", "configure", shrink_size },
	{ "xdg_toplevel", "configure_bounds", shrink_size },
	{ "xdg_popup", "configure", shrink_popup },
	{ "zwp_text_input_v3", "enter", note_text_focus },
	{ NULL, NULL, NULL },
};
