// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "agent/ids.h"
#include "wire/handler.h"

int xwl_ids_new(struct xwl_proxy *p, const struct wl_interface *interface,
		uint32_t version, struct xwl_object **out)
{
	uint32_t id = XWL_SERVER_IDS;

	/* a program has few of them at a time */
	while (xwl_objects_find(&p->objects, id))
		id++;
	return xwl_objects_add(&p->objects, id, interface, version, out);
}

struct xwl_object *xwl_ids_find(struct xwl_proxy *p, uint32_t id)
{
	struct xwl_object *host;

	if (!xwl_id_of_server(id))
		return xwl_objects_known(&p->objects, id);
	host = xwl_objects_known(&p->host, id);
	return host && host->state == XWL_LIVE
		       ? xwl_objects_find(&p->objects, host->peer)
		       : host;
}

static int fail_new(struct xwl_proxy *p, int err, uint32_t id)
{
	return xdc_reason_set(&p->why, err, "host: new id %u: %s", id,
			      strerror(-err));
}

/*
 * The program will never know of it: only this half can destroy it.  All that events of
 * the allow-list's protocols make have such a request.
 */
static int destroy_unknown(struct xwl_proxy *p, struct xwl_object *host)
{
	struct xwl_message m;
	int err;

	host->state = XWL_DEAD;
	xwl_message_request(host->interface, host->id, "destroy", &m);
	err = xwl_link_message(p->link, &m);
	return err ? xdc_reason_set(&p->why, err, "cannot send to the host: %s",
				    strerror(-err))
		   : 0;
}

static int add_object(struct xwl_proxy *p, const struct xwl_object *o,
		      struct xwl_arg *arg)
{
	struct xwl_object *host, *made;
	int err = xwl_objects_made(&p->host, arg->u, arg->interface, o->version,
				   &host);

	if (err)
		return fail_new(p, err, arg->u);
	if (o->state == XWL_DEAD)
		return destroy_unknown(p, host);
	err = xwl_ids_new(p, arg->interface, o->version, &made);
	if (err)
		return fail_new(p, err, arg->u);
	made->peer = host->id;
	host->peer = made->id;
	arg->u = made->id;
	return 0;
}

/* XWL_DONE: the program has destroyed the object, and cannot be told of none */
static int name_object(struct xwl_proxy *p, struct xwl_arg *arg)
{
	const struct xwl_object *host;

	if (!xwl_id_of_server(arg->u))
		return XWL_PASS;
	host = xwl_objects_find(&p->host, arg->u);
	arg->u = host ? host->peer : 0;
	return host || arg->nullable ? XWL_PASS : XWL_DONE;
}

int xwl_ids_event(struct xwl_proxy *p, const struct xwl_object *o,
		  struct xwl_message *m)
{
	int ret = o->state == XWL_LIVE ? XWL_PASS : XWL_DONE;
	unsigned int i;
	int err;

	m->object = o->id;
	for (i = 0; i < m->nr_args; i++) {
		struct xwl_arg *arg = &m->args[i];

		err = 0;
		if (arg->type == 'n' && arg->interface)
			err = add_object(p, o, arg);
		else if (arg->type == 'o' && name_object(p, arg) == XWL_DONE)
			ret = XWL_DONE;
		if (err)
			return err;
	}
	return ret;
}

/* What is in use at both ends; 0: this half's own */
static uint32_t peer_of(struct xwl_proxy *p, uint32_t id)
{
	const struct xwl_object *o = xwl_objects_find(&p->objects, id);

	return o ? o->peer : 0;
}

int xwl_ids_request(struct xwl_proxy *p, const struct xwl_object *o,
		    struct xwl_message *m)
{
	unsigned int i;

	if (xwl_id_of_server(o->id))
		m->object = o->peer;
	for (i = 0; i < m->nr_args; i++) {
		struct xwl_arg *arg = &m->args[i];

		if (arg->type != 'o' || !xwl_id_of_server(arg->u))
			continue;
		arg->u = peer_of(p, arg->u);
		if (!arg->u)
			return xwl_proxy_fail(
				p,
				"%s names an object that the host does not know",
				m->table->name);
	}
	return m->object
		       ? 0
		       : xwl_proxy_fail(
				 p, "%s.%s: the host does not know the object",
				 o->interface->name, m->table->name);
}

void xwl_ids_kill(struct xwl_proxy *p, struct xwl_object *o)
{
	struct xwl_object *host = xwl_objects_find(&p->host, o->peer);

	o->state = XWL_DEAD;
	if (!xwl_id_of_server(o->id))
		return;
	/* no delete_id comes for such an id */
	xwl_object_detach(o);
	if (host)
		host->state = XWL_DEAD;
}
