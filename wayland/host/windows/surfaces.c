// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "common/container_of.h"
#include "filter/values.h"
#include "host/bridge/forward.h"
#include "host/windows/buffers.h"
#include "host/windows/surfaces.h"

/* A toplevel's surface is two steps away, by its xdg_surface */
#define STEPS 2

void xwl_surface_detach(struct xwl_surface *s)
{
	struct xwl_reach *r = &s->reach;

	if (!r->surface)
		return;
	LIST_REMOVE(r, entry);
	xwl_account_refund(r->account, XWL_CALLBACKS, r->waiting);
	r->waiting = 0;
	r->surface = NULL;
}

static void destroy_surface(struct xwl_attached *a)
{
	struct xwl_surface *s = container_of(a, struct xwl_surface, attached);

	xwl_surface_detach(s);
	xwl_contents_fini(&s->contents);
	free(s->frame);
	free(s->title);
	free(s);
}

struct xwl_object *xwl_surface_parent(struct xwl_bridge *b,
				      const struct xwl_object *o)
{
	struct xwl_object *parent = xwl_objects_known(&b->guest, o->parent);

	return parent && parent->serial == o->parent_serial ? parent : NULL;
}

void xwl_surface_adopt(struct xwl_object *parent, struct xwl_object *child)
{
	child->parent = parent->id;
	child->parent_serial = parent->serial;
}

struct xwl_surface *xwl_surface_of(struct xwl_bridge *b,
				   const struct xwl_object *o)
{
	int i;

	for (i = 0; o && strcmp(o->interface->name, "wl_surface"); i++)
		o = i < STEPS ? xwl_surface_parent(b, o) : NULL;
	return o && o->data
		       ? container_of(o->data, struct xwl_surface, attached)
		       : NULL;
}

int xwl_surface_extend(void *bridge, struct xwl_object *o,
		       struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *surface = xwl_objects_find(&b->guest, m->args[1].u);
	struct xwl_object *made;
	int err = xwl_forward(b, o, m, &made);

	if (err)
		return err;
	xwl_surface_adopt(surface, made);
	return XWL_DONE;
}

static int create_surface(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	struct xwl_surface *s = calloc(1, sizeof(*s));
	struct xwl_bridge *b = bridge;
	struct xwl_object *made;
	int err;

	if (!s)
		return xdc_reason_set(&b->why, -ENOMEM, "out of memory");
	err = xwl_forward(b, o, m, &made);
	if (err) {
		free(s);
		return err;
	}
	s->scale = 1;
	s->attached.destroy = destroy_surface;
	made->data = &s->attached;
	return XWL_DONE;
}

static int attach(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	const struct xwl_image *i =
		xwl_image_of(xwl_objects_find(&b->guest, m->args[0].u));
	struct xwl_surface *s = xwl_surface_of(b, o);

	s->fresh = m->args[0].u;
	s->way = i ? i->way : XWL_WAY_OTHER;
	s->why = i ? i->why : XWL_WHY_SHARED;
	/* the only other buffers that a guest can have are of a single colour */
	s->width = i ? i->width : s->fresh;
	s->height = i ? i->height : s->fresh;
	/* it would move a window inside its frame, and a cursor away from the pointer */
	m->args[1].i = m->args[2].i = 0;
	return xwl_contents_attach(&s->contents, i ? i->charge : NULL, &b->why);
}

/* As in attach() */
static int move(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	return XWL_DONE;
}

/*
 * The compositor keeps the rectangles that have changed until it shows the surface, which
 * may be never.  One that covers everything takes their place.
 */
static int join_damage(struct xwl_bridge *b, uint32_t *nr,
		       struct xwl_message *m)
{
	if (++*nr < b->policy->max[XWL_RECTANGLES])
		return XWL_PASS;
	*nr = 0;
	m->args[0].i = m->args[1].i = -XWL_FAR;
	m->args[2].i = m->args[3].i = 2 * XWL_FAR;
	return XWL_PASS;
}

static int damage(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	return join_damage(bridge, &xwl_surface_of(bridge, o)->damages, m);
}

static int damage_buffer(void *bridge, struct xwl_object *o,
			 struct xwl_message *m)
{
	return join_damage(bridge, &xwl_surface_of(bridge, o)->buffer_damages,
			   m);
}

static int set_scale(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	xwl_surface_of(bridge, o)->scale = m->args[0].i;
	return XWL_PASS;
}

static int set_transform(void *bridge, struct xwl_object *o,
			 struct xwl_message *m)
{
	xwl_surface_of(bridge, o)->transform = m->args[0].i;
	return XWL_PASS;
}

/* -1 unsets it */
static int set_destination(void *bridge, struct xwl_object *o,
			   struct xwl_message *m)
{
	struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (s && m->args[0].i > 0)
		s->destination =
			(struct xwl_size){ m->args[0].i, m->args[1].i };
	else if (s)
		s->destination = (struct xwl_size){ 0, 0 };
	return XWL_PASS;
}

static int set_source(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (!s)
		return XWL_PASS;
	s->source_width = m->args[2].i > 0 ? m->args[2].i : 0;
	s->source_height = m->args[3].i > 0 ? m->args[3].i : 0;
	return XWL_PASS;
}

static int destroy_viewport(void *bridge, struct xwl_object *o,
			    struct xwl_message *m)
{
	struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (!s)
		return XWL_PASS;
	s->destination = (struct xwl_size){ 0, 0 };
	s->source_width = s->source_height = 0;
	return XWL_PASS;
}

static int32_t at_least_one(int32_t v)
{
	return v > 0 ? v : 1;
}

struct xwl_size xwl_surface_size(const struct xwl_surface *s)
{
	bool turned = s->transform & 1;

	if (!s->width || !s->height)
		return (struct xwl_size){ 0, 0 };
	if (s->destination.width)
		return s->destination;
	if (s->source_width)
		return (struct xwl_size){ at_least_one(s->source_width >> 8),
					  at_least_one(s->source_height >> 8) };
	return (struct xwl_size){
		at_least_one((turned ? s->height : s->width) / s->scale),
		at_least_one((turned ? s->width : s->height) / s->scale),
	};
}

/* What of @len from @at on is between @min and @max; false: nothing */
static bool cut_range(int32_t *at, int32_t *len, int32_t min, int32_t max)
{
	int32_t end = *at + *len;

	*at = *at > min ? *at : min;
	*len = (end < max ? end : max) - *at;
	return *len > 0;
}

struct xwl_rectangle xwl_surface_window(const struct xwl_surface *s,
					const struct xwl_size *size,
					const struct xwl_rectangle *tree)
{
	int32_t right = MAX(size->width, tree->x + tree->width);
	int32_t bottom = MAX(size->height, tree->y + tree->height);
	struct xwl_rectangle w = s->geometry;

	if (w.width && cut_range(&w.x, &w.width, tree->x, right) &&
	    cut_range(&w.y, &w.height, tree->y, bottom))
		return w;
	return (struct xwl_rectangle){ 0, 0, size->width, size->height };
}

static int commit(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);

	s->committed = xwl_surface_size(s);
	s->shown_width = s->width;
	s->shown_height = s->height;
	if (!s->fresh)
		return XWL_PASS;
	s->fresh = false;
	s->frames[s->way]++;
	b->account->frames[s->way]++;
	/* small buffers are sent anyway, and have no reason */
	if (s->way == XWL_WAY_COPIED ||
	    (s->way == XWL_WAY_SENT && s->why != XWL_WHY_SHARED))
		b->account->copied[s->why]++;
	return XWL_PASS;
}

const struct xwl_handler xwl_host_surface_requests[] = {
	{ "wl_compositor", "create_surface", create_surface },
	{ "wl_surface", "attach", attach },
	{ "wl_surface", "offset", move },
	{ "wl_surface", "damage", damage },
	{ "wl_surface", "damage_buffer", damage_buffer },
	{ "wl_surface", "set_buffer_scale", set_scale },
	{ "wl_surface", "set_buffer_transform", set_transform },
	{ "wl_surface", "commit", commit },
	{ "wp_viewporter", "get_viewport", xwl_surface_extend },
	{ "wp_viewport", "set_destination", set_destination },
	{ "wp_viewport", "set_source", set_source },
	{ "wp_viewport", "destroy", destroy_viewport },
	{ NULL, NULL, NULL },
};
