// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "filter/values.h"
#include "host/bridge/forward.h"
#include "host/client/globals.h"
#include "host/client/requests.h"
#include "host/clipboard/clipboard.h"
#include "host/windows/buffers.h"
#include "host/windows/cursors.h"
#include "host/windows/frame.h"
#include "host/windows/reach.h"
#include "host/windows/surfaces.h"
#include "host/windows/windows.h"

static const struct xwl_handler *const handlers[] = {
	xwl_global_requests, xwl_cursor_requests, xwl_host_surface_requests,
	xwl_window_requests, xwl_buffer_requests, xwl_clipboard_requests,
};

#define NR_HANDLERS (sizeof(handlers) / sizeof(handlers[0]))

static int find_request(struct xwl_bridge *b, const struct xwl_header *h,
			struct xwl_object **object,
			const struct wl_message **table)
{
	struct xwl_object *o = xwl_objects_find(&b->guest, h->object);

	if (!o)
		return xwl_bridge_refuse(
			b, "request %u for object %u, which is %s", h->opcode,
			h->object,
			xwl_objects_known(&b->guest, h->object) ? "destroyed"
								: "unknown");
	if (h->opcode >= o->interface->method_count)
		return xwl_bridge_refuse(b, "%s has no request %u",
					 o->interface->name, h->opcode);
	*table = &o->interface->methods[h->opcode];
	if (xwl_message_since(*table) > o->version)
		return xwl_bridge_refuse(b, "%s.%s is not in version %u",
					 o->interface->name, (*table)->name,
					 o->version);
	*object = o;
	return 0;
}

static int carry_out(struct xwl_bridge *b, struct xwl_object *o,
		     struct xwl_message *m)
{
	int ret = xwl_values_check(o->interface->name, m, &b->why);
	unsigned int i;

	if (!ret)
		ret = xwl_forward_check(b, m);
	if (ret == XWL_PASS)
		ret = xwl_handle(xwl_reach_requests, b, o, m);
	if (ret == XWL_PASS && b->policy->framed)
		ret = xwl_handle(xwl_frame_requests, b, o, m);
	for (i = 0; i < NR_HANDLERS && ret == XWL_PASS; i++)
		ret = xwl_handle(handlers[i], b, o, m);
	if (ret == XWL_PASS)
		ret = xwl_forward(b, o, m, NULL);
	if (ret >= 0 && b->policy->framed)
		ret = xwl_handle(xwl_frame_sent, b, o, m);
	return ret < 0 ? ret : 0;
}

static int take_message(struct xwl_bridge *b, const struct xwl_header *h,
			const uint8_t *data, struct xwl_fds *fds)
{
	const struct wl_message *table = NULL;
	struct xwl_object *o = NULL;
	struct xwl_message m;
	int err = find_request(b, h, &o, &table);

	if (!err)
		err = xwl_message_parse(table, h, data, &m, &b->why);
	if (!err)
		err = xwl_fds_give(fds, &m, &b->why);
	if (err)
		return err;
	err = carry_out(b, o, &m);
	xwl_message_close(&m);
	return err;
}

static int take_messages(struct xwl_bridge *b, const uint8_t *data, size_t len,
			 struct xwl_fds *fds, uint32_t *count)
{
	struct xwl_header h;
	int err;

	for (; len; data += h.size, len -= h.size) {
		if (xwl_header_read(data, len, &h))
			return xwl_bridge_refuse(b, "invalid message size");
		(*count)++;
		err = take_message(b, &h, data, fds);
		if (err)
			return err;
	}
	if (fds->nr)
		return xwl_bridge_refuse(b,
					 "file descriptors without a message");
	return 0;
}

int xwl_requests_take(struct xwl_bridge *b, const struct xwl_record *r,
		      struct xwl_fds *fds, uint32_t *count)
{
	int fd;

	switch (r->type) {
	case XWL_MESSAGES:
		return take_messages(b, r->bytes, r->len, fds, count);
	case XWL_BUFFER:
		fd = fds->nr ? fds->fd[0] : -1;
		fds->nr = 0;
		(*count)++;
		return xwl_buffers_create(b, &r->buffer, (enum xwl_why)r->arg,
					  fd);
	case XWL_PIXELS:
		(*count)++;
		return xwl_buffers_write(b, &r->pixels, r->bytes, r->len);
	default:
		return xwl_bridge_refuse(
			b, "unexpected record of type %u from the guest",
			r->type);
	}
}
