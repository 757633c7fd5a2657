// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "host/buffers.h"
#include "host/forward.h"
#include "host/surfaces.h"

/* A toplevel's surface is two steps away, by its xdg_surface */
#define STEPS 2

static void destroy_surface(struct xwl_attached *a)
{
	struct xwl_surface *s = container_of(a, struct xwl_surface, attached);

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
	s->width = i ? i->width : 0;
	s->height = i ? i->height : 0;
	return XWL_PASS;
}

static int commit(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);

	s->shown_width = s->width;
	s->shown_height = s->height;
	if (!s->fresh)
		return XWL_PASS;
	s->fresh = false;
	s->frames[s->way]++;
	b->account->frames[s->way]++;
	if (s->way == XWL_WAY_COPIED)
		b->account->copied[s->why]++;
	return XWL_PASS;
}

const struct xwl_handler xwl_host_surface_requests[] = {
	{ "wl_compositor", "create_surface", create_surface },
	{ "wl_surface", "attach", attach },
	{ "wl_surface", "commit", commit },
	{ NULL, NULL, NULL },
};
