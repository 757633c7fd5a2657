// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wayland-client-protocol.h>

#include "agent/proxy.h"

int xwl_proxy_init(struct xwl_proxy *p, struct xwl_stream *program,
		   struct xwl_link *link)
{
	struct xwl_object *display;

	memset(p, 0, sizeof(*p));
	LIST_INIT(&p->buffers);
	p->program = program;
	p->link = link;
	xwl_objects_init(&p->objects);
	xwl_objects_init(&p->host);
	return xwl_objects_add(&p->objects, XWL_DISPLAY, &wl_display_interface,
			       1, &display);
}

void xwl_proxy_fini(struct xwl_proxy *p)
{
	struct xwl_object *o = xwl_objects_each(&p->objects, XWL_DISPLAY);

	for (; o; o = xwl_objects_each(&p->objects, o->id + 1))
		xwl_object_detach(o);
	xwl_objects_fini(&p->objects);
	xwl_objects_fini(&p->host);
}

int xwl_proxy_fail(struct xwl_proxy *p, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(p->why.text, sizeof(p->why.text), fmt, args);
	va_end(args);
	return -EPROTO;
}

int xwl_proxy_add(struct xwl_proxy *p, const struct xwl_object *o,
		  const struct xwl_message *m, unsigned int index,
		  struct xwl_object **out)
{
	const struct xwl_arg *id = &m->args[index];
	int err = xwl_objects_add(&p->objects, id->u, id->interface, o->version,
				  out);

	if (err == -ENOMEM)
		return xdc_reason_set(&p->why, err, "out of memory");
	return err ? xwl_proxy_fail(p, "%s.%s: id %u: %s", o->interface->name,
				    m->table->name, id->u, strerror(-err))
		   : 0;
}

int xwl_proxy_delete(struct xwl_proxy *p, struct xwl_object *o)
{
	struct xwl_message m;

	xwl_message_event(&wl_display_interface, XWL_DISPLAY, "delete_id", &m);
	m.args[0].u = o->id;
	xwl_object_detach(o);
	xwl_objects_free(&p->objects, o);
	return xwl_stream_send(p->program, &m);
}
