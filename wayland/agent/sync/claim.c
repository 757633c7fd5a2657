// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "agent/surface.h"
#include "agent/sync/claim.h"
#include "common/container_of.h"

struct claim {
	struct xwl_attached attached;
	uint32_t surface, serial;
};

static void detach_claim(struct xwl_attached *a)
{
	free(container_of(a, struct claim, attached));
}

int xwl_claim_begin(struct xwl_proxy *p, const struct xwl_object *o,
		    const struct xwl_message *m, bool pointed)
{
	struct xwl_object *surface =
		xwl_objects_find(&p->objects, m->args[1].u);
	struct xwl_frame_sync *s = xwl_surface_sync(surface);
	struct claim *c = s ? malloc(sizeof(*c)) : NULL;
	struct xwl_object *made;
	int err;

	if (!c)
		return xdc_reason_set(&p->why, -ENOMEM, "out of memory");
	c->attached.destroy = detach_claim;
	c->surface = surface->id;
	c->serial = surface->serial;
	if (s->taken)
		err = xwl_proxy_fail(
			p, "%s: the surface has a synchronisation object",
			m->table->name);
	else
		err = xwl_proxy_add(p, o, m, 0, &made);
	if (err) {
		free(c);
		return err;
	}
	made->data = &c->attached;
	s->taken = true;
	s->pointed = pointed;
	return XWL_DONE;
}

static struct xwl_frame_sync *find_sync(struct xwl_proxy *p,
					const struct xwl_object *o)
{
	const struct claim *c = container_of(o->data, struct claim, attached);
	struct xwl_object *surface = xwl_objects_find(&p->objects, c->surface);

	return surface && surface->serial == c->serial
		       ? xwl_surface_sync(surface)
		       : NULL;
}

struct xwl_frame_sync *xwl_claim_sync(struct xwl_proxy *p,
				      const struct xwl_object *o)
{
	struct xwl_frame_sync *s = find_sync(p, o);

	if (!s)
		xwl_proxy_fail(p, "%s: its surface is destroyed",
			       o->interface->name);
	return s;
}

int xwl_claim_end(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_frame_sync *s = find_sync(proxy, o);
	int err;

	if (s) {
		xwl_frame_sync_drop(s);
		s->taken = s->pointed = false;
	}
	err = xwl_proxy_delete(proxy, o);
	return err ? err : XWL_DONE;
}
