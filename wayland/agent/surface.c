// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each buffer of a program has one of its own at the host.  Damage says what differs
 * from the surface's last frame, not from what the buffer held before: so the damage
 * of every commit is added to all buffers that were shown on the surface, and a
 * buffer is copied by what has been added since.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/pool.h"
#include "agent/surface.h"
#include "common/container_of.h"

struct surface {
	struct xwl_attached attached;
	/* the buffer that is shown or will be, by id and serial; 0: none */
	uint32_t buffer, buffer_serial;
	bool fresh; /* and was attached since the last commit */
	struct xwl_box damage; /* since the last commit */
	bool moved; /* since then, so that damage has another origin */
	bool scaled; /* surface coordinates are not the buffer's */
	struct xwl_frame_sync sync;
};

static const struct xwl_box everything = { 0, 0, INT32_MAX, INT32_MAX };

static void detach_surface(struct xwl_attached *a)
{
	struct surface *s = container_of(a, struct surface, attached);

	xwl_frame_sync_drop(&s->sync);
	free(s);
}

/* Made at the first request that needs it; NULL: out of memory */
static struct surface *surface_of(struct xwl_object *o)
{
	struct surface *s;

	if (o->data)
		return container_of(o->data, struct surface, attached);
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->attached.destroy = detach_surface;
	xwl_frame_sync_init(&s->sync);
	o->data = &s->attached;
	return s;
}

struct xwl_frame_sync *xwl_surface_sync(struct xwl_object *surface)
{
	struct surface *s = surface_of(surface);

	return s ? &s->sync : NULL;
}

static int fail_memory(struct xwl_proxy *p)
{
	return xdc_reason_set(&p->why, -ENOMEM, "out of memory");
}

static int attach(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;
	struct xwl_object *buffer = xwl_objects_find(&p->objects, m->args[0].u);
	struct surface *s = surface_of(o);
	struct xwl_buffer *b;

	if (!s)
		return fail_memory(p);
	s->buffer = buffer ? buffer->id : 0;
	s->buffer_serial = buffer ? buffer->serial : 0;
	s->fresh = true;
	s->moved = s->moved || m->args[1].i || m->args[2].i;
	b = xwl_buffer_of(buffer);
	return b ? xwl_buffer_announce(p, b) : XWL_PASS;
}

static int offset(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct surface *s = surface_of(o);

	if (!s)
		return fail_memory(proxy);
	s->moved = true;
	return XWL_PASS;
}

static int add_damage(struct xwl_proxy *p, struct xwl_object *o,
		      const struct xwl_message *m, bool of_buffer)
{
	struct surface *s = surface_of(o);
	struct xwl_box box = xwl_box_at(m->args[0].i, m->args[1].i,
					m->args[2].i, m->args[3].i);

	if (!s)
		return fail_memory(p);
	if (s->scaled && !of_buffer)
		box = everything;
	xwl_box_join(&s->damage, &box);
	return XWL_PASS;
}

static int damage(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	return add_damage(proxy, o, m, false);
}

static int damage_buffer(void *proxy, struct xwl_object *o,
			 struct xwl_message *m)
{
	return add_damage(proxy, o, m, true);
}

static int scale_surface(struct xwl_proxy *p, struct xwl_object *o)
{
	struct surface *s = surface_of(o);

	if (!s)
		return fail_memory(p);
	s->scaled = true;
	/* damage of before, in the same commit, is meant with the new scale */
	if (!xwl_box_empty(&s->damage))
		s->damage = everything;
	return XWL_PASS;
}

static int set_scale(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	return m->args[0].i == 1 ? XWL_PASS : scale_surface(proxy, o);
}

static int set_transform(void *proxy, struct xwl_object *o,
			 struct xwl_message *m)
{
	return m->args[0].i == 0 ? XWL_PASS : scale_surface(proxy, o);
}

static int get_viewport(void *proxy, struct xwl_object *o,
			struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;

	return scale_surface(p, xwl_objects_find(&p->objects, m->args[1].u));
}

static void spread_damage(struct xwl_proxy *p, const struct xwl_object *o,
			  const struct xwl_box *box)
{
	struct xwl_buffer *b;

	LIST_FOREACH(b, &p->buffers, entry)
		if (b->surface == o->serial)
			xwl_box_join(&b->stale, box);
}

/* What is attached is another buffer at the compositor now, of which all is new */
static int attach_again(struct xwl_proxy *p, const struct xwl_object *o,
			const struct xwl_object *buffer)
{
	struct xwl_message m;
	int err;

	xwl_message_request(o->interface, o->id, "attach", &m);
	m.args[0].u = buffer->id;
	err = xwl_link_message(p->link, &m);
	if (err)
		return err;
	xwl_message_request(o->interface, o->id, "damage", &m);
	m.args[2].i = m.args[3].i = INT32_MAX;
	return xwl_link_message(p->link, &m);
}

static int renew_buffer(struct xwl_proxy *p, const struct xwl_object *o,
			const struct xwl_object *buffer, struct xwl_buffer *b)
{
	int ret = xwl_buffer_renew(p, b);

	if (ret > 0)
		ret = attach_again(p, o, buffer);
	return ret;
}

static int commit(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;
	struct surface *s = surface_of(o);
	struct xwl_object *buffer;
	struct xwl_buffer *b;
	int err;

	if (!s)
		return fail_memory(p);
	buffer = xwl_objects_find(&p->objects, s->buffer);
	if (buffer && buffer->serial != s->buffer_serial)
		buffer = NULL;
	b = xwl_buffer_of(buffer);
	err = xwl_frame_sync_commit(p, &s->sync, s->fresh ? buffer : NULL);
	/* both may have to be tried again: nothing is changed before */
	if (!err && b && s->fresh)
		err = renew_buffer(p, o, buffer, b);
	if (err)
		return err;
	s->fresh = false;
	spread_damage(p, o, s->moved ? &everything : &s->damage);
	memset(&s->damage, 0, sizeof(s->damage));
	s->moved = false;
	if (!b)
		return XWL_PASS;
	if (b->surface != o->serial)
		b->stale = everything;
	b->surface = o->serial;
	return xwl_buffer_update(p, b);
}

/* The compositor reads an icon at once, whole, and no surface shows it */
static int add_icon(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;
	struct xwl_buffer *b =
		xwl_buffer_of(xwl_objects_find(&p->objects, m->args[0].u));
	int err;

	if (!b)
		return XWL_PASS;
	err = xwl_buffer_announce(p, b);
	if (!err)
		err = xwl_buffer_renew(p, b);
	if (err < 0)
		return err;
	b->stale = everything;
	return xwl_buffer_update(p, b);
}

const struct xwl_handler xwl_surface_requests[] = {
	{ "wl_surface", "attach", attach },
	{ "wl_surface", "offset", offset },
	{ "wl_surface", "damage", damage },
	{ "wl_surface", "damage_buffer", damage_buffer },
	{ "wl_surface", "set_buffer_scale", set_scale },
	{ "wl_surface", "set_buffer_transform", set_transform },
	{ "wl_surface", "commit", commit },
	{ "wp_viewporter", "get_viewport", get_viewport },
	{ "xdg_toplevel_icon_v1", "add_buffer", add_icon },
	{ NULL, NULL, NULL },
};
