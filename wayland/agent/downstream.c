// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>

#include "agent/downstream.h"
#include "agent/ids.h"
#include "agent/selection.h"
#include "agent/sync/planes.h"
#include "filter/protocols.h"
#include "wire/handler.h"

static int delete_id(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;
	struct xwl_object *gone =
		xwl_objects_deleted(&p->objects, m->args[0].u);

	if (!gone)
		return xwl_proxy_fail(p,
				      "host: delete_id for an unknown object");
	xwl_object_detach(gone);
	xwl_objects_free(&p->objects, gone);
	return XWL_PASS;
}

/* The host's half may be newer, and this one needs tables for what is said */
static int limit_global(void *proxy, struct xwl_object *o,
			struct xwl_message *m)
{
	const struct xwl_global *g = xwl_global_find(m->args[1].data);

	if (!g)
		return XWL_DONE;
	m->args[2].u = xwl_global_version(g, m->args[2].u);
	return XWL_PASS;
}

/* Of wp_presentation_feedback.kind: what is said of the time */
enum { HW_CLOCK = 2, HW_COMPLETION = 4 };

/* Each domain has clocks of its own, and programs compare what they are told with these */
static int set_clock(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	const struct xwl_proxy *p = proxy;

	if (p->across)
		m->args[0].u = CLOCK_MONOTONIC;
	return XWL_PASS;
}

/* Late by the way through the channel */
static int set_presented(void *proxy, struct xwl_object *o,
			 struct xwl_message *m)
{
	const struct xwl_proxy *p = proxy;
	struct timespec now;

	if (!p->across)
		return XWL_PASS;
	clock_gettime(CLOCK_MONOTONIC, &now);
	m->args[0].u = (uint32_t)((uint64_t)now.tv_sec >> 32);
	m->args[1].u = (uint32_t)now.tv_sec;
	m->args[2].u = (uint32_t)now.tv_nsec;
	m->args[6].u &= ~(uint32_t)(HW_CLOCK | HW_COMPLETION);
	return XWL_PASS;
}

static const struct xwl_handler handlers[] = {
	{ "wl_display", "delete_id", delete_id },
	{ "wl_registry", "global", limit_global },
	{ "wp_presentation", "clock_id", set_clock },
	{ "wp_presentation_feedback", "presented", set_presented },
	{ NULL, NULL, NULL },
};

static int pass_on(struct xwl_proxy *p, struct xwl_message *m)
{
	int err = xwl_stream_send(p->program, m);

	if (err)
		xdc_reason_set(&p->why, err, "cannot send to the program: %s",
			       strerror(-err));
	return err;
}

static int take_message(struct xwl_proxy *p, const struct xwl_header *h,
			const uint8_t *data)
{
	struct xwl_object *o = xwl_ids_find(p, h->object);
	struct xwl_message m;
	int ret;

	if (!o || h->opcode >= o->interface->event_count)
		return xwl_proxy_fail(p, "host: unknown event %u of object %u",
				      h->opcode, h->object);
	ret = xwl_message_parse(&o->interface->events[h->opcode], h, data, &m,
				&p->why);
	if (!ret)
		ret = xwl_fds_give(&p->link->in_fds, &m, &p->why);
	if (ret)
		return ret;
	ret = xwl_handle(handlers, p, o, &m);
	if (ret == XWL_PASS)
		ret = xwl_ids_event(p, o, &m);
	if (ret == XWL_PASS)
		ret = xwl_handle(xwl_selection_events, p, o, &m);
	if (ret == XWL_PASS)
		ret = xwl_handle(xwl_planes_events, p, o, &m);
	if (ret == XWL_PASS)
		ret = pass_on(p, &m);
	xwl_message_close(&m);
	return ret < 0 ? ret : 0;
}

static int take_messages(struct xwl_proxy *p, const uint8_t *data, size_t len)
{
	struct xwl_header h;
	int err;

	for (; len; data += h.size, len -= h.size) {
		if (xwl_header_read(data, len, &h))
			return xwl_proxy_fail(p, "host: invalid message size");
		err = take_message(p, &h, data);
		if (err)
			return err;
	}
	return 0;
}

int xwl_downstream_take(struct xwl_proxy *p, const struct xwl_record *r)
{
	switch (r->type) {
	case XWL_HELLO:
		if (r->arg == XWL_VERSION)
			return 0;
		return xwl_proxy_fail(
			p,
			"the host's half has protocol version %u, this half %u: update xen-wayland in the older domain",
			r->arg, XWL_VERSION);
	case XWL_MESSAGES:
		return take_messages(p, r->bytes, r->len);
	case XWL_ENDED:
		return xdc_reason_set(&p->why, -ECONNABORTED, "%.*s",
				      (int)r->len, (const char *)r->bytes);
	default:
		return xwl_proxy_fail(p, "host: unexpected record of type %u",
				      r->type);
	}
}
