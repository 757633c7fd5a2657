// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/bridge/own.h"
#include "host/client/events.h"
#include "host/client/globals.h"
#include "host/client/keymap.h"
#include "host/clipboard/clipboard.h"
#include "host/windows/buffers.h"
#include "host/windows/frame.h"
#include "host/windows/reach.h"
#include "host/windows/windows.h"
#include "wire/format.h"

/* Modifiers of linux-dmabuf that a guest's buffers can have: linear, and none given */
#define LINEAR_HIGH 0U
#define LINEAR_LOW 0U
#define NONE_HIGH 0x00ffffffU
#define NONE_LOW 0xffffffffU

static int break_off(struct xwl_bridge *b, const char *what)
{
	return xdc_reason_set(&b->why, -EREMOTEIO, "compositor: %s", what);
}

/* An object may be unknown to the guest, which then learns of the error alone */
static int display_error(void *bridge, struct xwl_object *o,
			 struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	const struct xwl_object *about =
		xwl_objects_known(&b->compositor, m->args[0].u);
	int err;

	xdc_reason_set(&b->why, -ECONNABORTED, "compositor: error %u of %s: %s",
		       m->args[1].u,
		       about ? about->interface->name : "an unknown object",
		       (const char *)m->args[2].data);
	m->object = XWL_DISPLAY;
	m->args[0].u = about && about->peer ? about->peer : XWL_DISPLAY;
	err = b->ops->to_guest(b, m);
	return err ? err : -ECONNABORTED;
}

static int delete_id(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *gone =
		xwl_objects_deleted(&b->compositor, m->args[0].u);
	struct xwl_object *guest;

	if (!gone)
		return break_off(b, "delete_id for an unknown object");
	if (!gone->peer) {
		xwl_objects_free(&b->compositor, gone);
		return XWL_DONE;
	}
	guest = xwl_objects_known(&b->guest, gone->peer);
	m->args[0].u = guest->id;
	xwl_bridge_release(b, guest);
	return XWL_PASS;
}

static int copy_keymap(void *bridge, struct xwl_object *o,
		       struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	int copy = xwl_keymap_copy(b, m->args[1].fd, m->args[2].u);

	if (copy < 0)
		return xdc_reason_set(&b->why, copy,
				      "the compositor's keymap: %s",
				      strerror(-copy));
	close(m->args[1].fd);
	m->args[1].fd = copy;
	return XWL_PASS;
}

/* The maker and model of a screen are this machine's business, and so may be its place */
static int hide_geometry(void *bridge, struct xwl_object *o,
			 struct xwl_message *m)
{
	const struct xwl_bridge *b = bridge;

	if (!(b->policy->allow & XWL_ALLOW_OUTPUT_LAYOUT))
		m->args[0].i = m->args[1].i = 0;
	xwl_arg_text(&m->args[5], "Xen");
	xwl_arg_text(&m->args[6], "screen");
	return XWL_PASS;
}

static int hide_name(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;

	/* programs tell screens apart by it, also to each other */
	snprintf(b->text, sizeof(b->text), "XEN-%u",
		 xwl_objects_known(&b->guest, o->peer)->count);
	xwl_arg_text(&m->args[0], b->text);
	return XWL_PASS;
}

static int hide_description(void *bridge, struct xwl_object *o,
			    struct xwl_message *m)
{
	xwl_arg_text(&m->args[0], "screen");
	return XWL_PASS;
}

static int filter_modifier(void *bridge, struct xwl_object *o,
			   struct xwl_message *m)
{
	uint32_t high = m->args[1].u, low = m->args[2].u;

	if ((high == LINEAR_HIGH && low == LINEAR_LOW) ||
	    (high == NONE_HIGH && low == NONE_LOW))
		return XWL_PASS;
	return XWL_DONE;
}

/* Of no other format does this half know how much memory compositors read */
static int filter_format(void *bridge, struct xwl_object *o,
			 struct xwl_message *m)
{
	return xwl_format_bytes(m->args[0].u) ? XWL_PASS : XWL_DONE;
}

static const struct xwl_handler handlers[] = {
	{ "wl_display", "error", display_error },
	{ "wl_display", "delete_id", delete_id },
	{ "wl_registry", "global", xwl_globals_added },
	{ "wl_registry", "global_remove", xwl_globals_removed },
	{ "wl_callback", "done", xwl_reach_called },
	{ "wl_shm", "format", filter_format },
	{ "wl_keyboard", "keymap", copy_keymap },
	{ "wl_output", "geometry", hide_geometry },
	{ "wl_output", "name", hide_name },
	{ "wl_output", "description", hide_description },
	{ "zxdg_output_v1", "name", hide_name },
	{ "zxdg_output_v1", "description", hide_description },
	{ "zwp_linux_buffer_params_v1", "created", xwl_buffers_created },
	{ "zwp_linux_dmabuf_v1", "modifier", filter_modifier },
	{ "wl_buffer", "release", xwl_buffers_released },
	{ "xdg_toplevel", "configure", xwl_window_configured },
	{ NULL, NULL, NULL },
};

/* XWL_DONE: the event is about something that the guest does not know any more */
static int translate_arg(struct xwl_bridge *b, const struct xwl_object *o,
			 struct xwl_arg *a)
{
	const struct xwl_object *named;

	if (a->type == 'n')
		return a->interface ? xwl_bridge_adopt(b, a->u, a->interface,
						       o->version)
				    : break_off(
					      b,
					      "a new object of an unknown interface");
	if (a->type != 'o' || !a->u)
		return 0;
	named = xwl_objects_known(&b->compositor, a->u);
	/* of this half's own objects, events can be about frames alone */
	if (!named || (!named->peer && !named->parent))
		return break_off(b, "an event names an unknown object");
	a->u = named->peer;
	if (a->u)
		return 0;
	/* the guest knows of its own surface, and of no frame */
	named = xwl_frame_guest(b, named);
	a->u = named ? named->id : 0;
	return named ? 0 : XWL_DONE;
}

static int forward_event(struct xwl_bridge *b, struct xwl_object *o,
			 struct xwl_message *m)
{
	unsigned int i;
	int err = 0;

	/* the arguments of delete_id and of globals are no objects */
	for (i = 0; i < m->nr_args && !err; i++)
		err = translate_arg(b, o, &m->args[i]);
	if (err)
		return err < 0 ? err : 0;
	m->object = o->peer;
	return b->ops->to_guest(b, m);
}

/*
 * For an object that the program has destroyed.  Of one that the compositor makes by
 * such an event the program will never know: only this half can destroy it.  All that
 * events of the allow-list's protocols make have a request "destroy".
 */
static int ignore_event(struct xwl_bridge *b, const struct xwl_object *o,
			const struct xwl_message *m)
{
	struct xwl_object *made;
	unsigned int i;

	for (i = 0; i < m->nr_args; i++) {
		if (m->args[i].type != 'n' || !m->args[i].interface)
			continue;
		if (xwl_objects_made(&b->compositor, m->args[i].u,
				     m->args[i].interface, o->version, &made))
			return break_off(b, "invalid new id");
		xwl_own_destroy(b, &made);
	}
	return 0;
}

static int carry_out(struct xwl_bridge *b, struct xwl_object *o,
		     struct xwl_message *m)
{
	int ret;

	if (o->state == XWL_DEAD)
		return ignore_event(b, o, m);
	if (!o->peer)
		return xwl_clipboard_own(b, o, m) ? 0
						  : xwl_globals_own(b, o, m);
	ret = xwl_handle(handlers, b, o, m);
	if (ret == XWL_PASS && b->policy->framed)
		ret = xwl_handle(xwl_frame_events, b, o, m);
	if (ret == XWL_PASS)
		ret = xwl_handle(xwl_clipboard_events, b, o, m);
	if (ret == XWL_PASS)
		ret = forward_event(b, o, m);
	return ret < 0 ? ret : 0;
}

int xwl_events_take(struct xwl_bridge *b, const struct xwl_header *h,
		    const uint8_t *data, struct xwl_fds *fds)
{
	struct xwl_object *o = xwl_objects_known(&b->compositor, h->object);
	struct xwl_message m;
	int err;

	if (!o || h->opcode >= o->interface->event_count)
		return break_off(b, "unknown event or object");
	if (xwl_message_parse(&o->interface->events[h->opcode], h, data, &m,
			      &b->why) ||
	    xwl_fds_give(fds, &m, &b->why))
		return -EREMOTEIO;
	err = carry_out(b, o, &m);
	xwl_message_close(&m);
	return err;
}
