// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "agent/ids.h"
#include "agent/pool.h"
#include "agent/relay.h"
#include "agent/selection.h"
#include "agent/surface.h"
#include "agent/sync/fenced.h"
#include "agent/sync/offer.h"
#include "agent/sync/planes.h"
#include "agent/sync/timeline.h"
#include "agent/upstream.h"
#include "filter/protocols.h"

/* The interface of the new object is in the request, as a text */
static int bind_global(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	const struct xwl_global *g = xwl_global_find(m->args[1].data);
	struct xwl_proxy *p = proxy;
	struct xwl_object *made;
	int err;

	if (!g)
		return xwl_proxy_fail(p, "global %s is not available",
				      (const char *)m->args[1].data);
	err = xwl_objects_add(&p->objects, m->args[3].u, g->interface,
			      m->args[2].u, &made);
	if (err)
		return xwl_proxy_fail(p, "bind: id %u: %s", m->args[3].u,
				      strerror(-err));
	return XWL_PASS;
}

static const struct xwl_handler global_requests[] = {
	{ "wl_registry", "bind", bind_global },
	{ NULL, NULL, NULL },
};

static const struct xwl_handler *const handlers[] = {
	xwl_offer_requests,    global_requests,	    xwl_selection_requests,
	xwl_pool_requests,     xwl_planes_requests, xwl_surface_requests,
	xwl_timeline_requests, xwl_fenced_requests, xwl_relay_requests,
};

/* Of what was passed on */
static const struct xwl_handler *const sent[] = {
	xwl_offer_sent,
	xwl_planes_sent,
};

#define NR(table) (sizeof(table) / sizeof(table[0]))

static int find_request(struct xwl_proxy *p, const struct xwl_header *h,
			struct xwl_object **object)
{
	struct xwl_object *o = xwl_objects_find(&p->objects, h->object);

	if (!o)
		return xwl_proxy_fail(p,
				      "request for object %u, which is unknown",
				      h->object);
	if (h->opcode >= o->interface->method_count)
		return xwl_proxy_fail(p, "%s has no request %u",
				      o->interface->name, h->opcode);
	*object = o;
	return 0;
}

/* Handlers rely on the objects that a request names */
static int check_objects(struct xwl_proxy *p, const struct xwl_message *m)
{
	const struct xwl_object *o;
	unsigned int i;

	for (i = 0; i < m->nr_args; i++) {
		if (m->args[i].type != 'o' || !m->args[i].u)
			continue;
		o = xwl_objects_find(&p->objects, m->args[i].u);
		if (!o ||
		    (m->args[i].interface &&
		     strcmp(o->interface->name, m->args[i].interface->name)))
			return xwl_proxy_fail(
				p,
				"%s names object %u, which is unknown or of another interface",
				m->table->name, m->args[i].u);
	}
	return 0;
}

static int add_objects(struct xwl_proxy *p, const struct xwl_object *o,
		       const struct xwl_message *m)
{
	struct xwl_object *made;
	unsigned int i;
	int err = 0;

	for (i = 0; i < m->nr_args && !err; i++)
		if (m->args[i].type == 'n' && m->args[i].interface)
			err = xwl_proxy_add(p, o, m, i, &made);
	return err;
}

static int pass_on(struct xwl_proxy *p, struct xwl_object *o,
		   struct xwl_message *m)
{
	unsigned int i;
	int err = add_objects(p, o, m);

	if (!err)
		err = xwl_ids_request(p, o, m);
	if (err)
		return err;
	err = xwl_link_message(p->link, m);
	if (err)
		return xdc_reason_set(&p->why, err,
				      "cannot send to the host: %s",
				      strerror(-err));
	if (xwl_message_destroys(m->table))
		xwl_ids_kill(p, o);
	xwl_selection_behind(p, m);
	for (i = 0; i < NR(sent) && !err; i++)
		err = xwl_handle(sent[i], p, o, m);
	return err;
}

int xwl_upstream_take(struct xwl_proxy *p, const struct xwl_header *h,
		      const uint8_t *data)
{
	struct xwl_object *o = NULL;
	struct xwl_message m;
	unsigned int i;
	int ret = find_request(p, h, &o);

	if (!ret)
		ret = xwl_message_parse(&o->interface->methods[h->opcode], h,
					data, &m, &p->why);
	if (!ret)
		ret = xwl_fds_give(&p->program->in_fds, &m, &p->why);
	if (ret)
		return ret;
	ret = check_objects(p, &m);
	for (i = 0; i < NR(handlers) && ret == XWL_PASS; i++)
		ret = xwl_handle(handlers[i], p, o, &m);
	if (ret == XWL_PASS)
		ret = pass_on(p, o, &m);
	xwl_message_close(&m);
	return ret < 0 ? ret : 0;
}
