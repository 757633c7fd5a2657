// SPDX-License-Identifier: GPL-2.0-only
#include "host/bridge/own.h"

int xwl_own_begin(struct xwl_bridge *b, const struct xwl_object *factory,
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

int xwl_own_make(struct xwl_bridge *b, const struct xwl_object *factory,
		 const char *request, struct xwl_object **out)
{
	struct xwl_message m;
	int err = xwl_own_begin(b, factory, request, &m, out);

	return err ? err : b->ops->to_compositor(b, &m);
}

int xwl_own_make_of(struct xwl_bridge *b, const struct xwl_object *factory,
		    const char *request, const struct xwl_object *surface,
		    const struct xwl_object *parent, struct xwl_object **out)
{
	struct xwl_message m;
	int err = xwl_own_begin(b, factory, request, &m, out);

	if (err)
		return err;
	m.args[1].u = surface->id;
	if (parent)
		m.args[2].u = parent->id;
	return b->ops->to_compositor(b, &m);
}

int xwl_own_send(struct xwl_bridge *b, const struct xwl_object *o,
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

void xwl_own_destroy(struct xwl_bridge *b, struct xwl_object **o)
{
	if (*o) {
		xwl_own_send(b, *o, "destroy", 0, 0);
		(*o)->state = XWL_DEAD;
	}
	*o = NULL;
}
