// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "host/bridge/forward.h"

static int check_object(struct xwl_bridge *b, const struct xwl_message *m,
			const struct xwl_arg *a)
{
	const struct xwl_object *o;

	if (!a->u)
		return 0;
	o = xwl_objects_find(&b->guest, a->u);
	if (!o)
		return xwl_bridge_refuse(b, "%s names object %u, which is %s",
					 m->table->name, a->u,
					 xwl_objects_known(&b->guest, a->u)
						 ? "destroyed"
						 : "unknown");
	if (a->interface && strcmp(a->interface->name, o->interface->name))
		return xwl_bridge_refuse(
			b, "%s names object %u, which is a %s, not a %s",
			m->table->name, a->u, o->interface->name,
			a->interface->name);
	return 0;
}

int xwl_forward_check(struct xwl_bridge *b, const struct xwl_message *m)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < m->nr_args && !err; i++)
		if (m->args[i].type == 'o')
			err = check_object(b, m, &m->args[i]);
	return err;
}

static int translate_arg(struct xwl_bridge *b, uint32_t version,
			 struct xwl_arg *a, struct xwl_object **made)
{
	struct xwl_object *o;
	int err;

	if (a->type == 'o' && a->u) {
		o = xwl_objects_find(&b->guest, a->u);
		if (!o)
			return xwl_bridge_refuse(b, "object %u is unknown",
						 a->u);
		a->u = o->peer;
	} else if (a->type == 'n') {
		if (!a->interface)
			return xwl_bridge_refuse(
				b, "a new object of an unknown interface");
		err = xwl_bridge_pair(b, a->u, a->interface, version, made);
		if (err)
			return err;
		a->u = (*made)->peer;
	}
	return 0;
}

int xwl_forward(struct xwl_bridge *b, struct xwl_object *o,
		struct xwl_message *m, struct xwl_object **made)
{
	struct xwl_object *last = NULL;
	unsigned int i;
	int err = 0;

	for (i = 0; i < m->nr_args && !err; i++)
		err = translate_arg(b, o->version, &m->args[i], &last);
	if (made)
		*made = last;
	if (err)
		return err;
	m->object = o->peer;
	err = b->ops->to_compositor(b, m);
	if (!err && xwl_message_destroys(m->table))
		xwl_bridge_kill(b, o);
	return err;
}
