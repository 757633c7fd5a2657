// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client-protocol.h>

#include "host/bridge/bridge.h"

int xwl_bridge_refuse(struct xwl_bridge *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(b->why.text, sizeof(b->why.text), fmt, args);
	va_end(args);
	return -EPROTO;
}

/* wl_display is there from the beginning, at both sides */
static int add_display(struct xwl_bridge *b)
{
	struct xwl_object *guest, *compositor;
	int err;

	err = xwl_objects_add(&b->guest, XWL_DISPLAY, &wl_display_interface, 1,
			      &guest);
	if (!err)
		err = xwl_objects_add(&b->compositor, XWL_DISPLAY,
				      &wl_display_interface, 1, &compositor);
	if (err)
		return err;
	guest->peer = compositor->peer = XWL_DISPLAY;
	return 0;
}

int xwl_bridge_init(struct xwl_bridge *b, const struct xwl_policy *policy,
		    struct xwl_account *account,
		    const struct xwl_bridge_ops *ops)
{
	int err;

	memset(b, 0, sizeof(*b));
	b->ops = ops;
	b->policy = policy;
	b->account = account;
	LIST_INIT(&b->offers);
	LIST_INIT(&b->subs);
	xwl_objects_init(&b->guest);
	xwl_objects_init(&b->compositor);
	err = add_display(b);
	if (err) {
		xwl_objects_fini(&b->guest);
		xwl_objects_fini(&b->compositor);
		return err;
	}
	LIST_INSERT_HEAD(&account->bridges, b, entry);
	return 0;
}

/* The account gets back what the object cost */
static void settle_object(struct xwl_bridge *b, struct xwl_object *guest)
{
	xwl_object_detach(guest);
	xwl_account_refund_object(b->account, guest->interface->name);
}

void xwl_bridge_fini(struct xwl_bridge *b)
{
	struct xwl_object *o = xwl_objects_each(&b->guest, XWL_DISPLAY + 1);

	for (; o; o = xwl_objects_each(&b->guest, o->id + 1))
		/* a dead one of the compositor's has been settled */
		if (o->state == XWL_LIVE || !xwl_id_of_server(o->id))
			settle_object(b, o);
	xwl_objects_fini(&b->guest);
	xwl_objects_fini(&b->compositor);
	LIST_REMOVE(b, entry);
}

static int refuse_id(struct xwl_bridge *b, int err, uint32_t id)
{
	if (err == -ENOMEM)
		return xdc_reason_set(&b->why, err, "out of memory");
	return xwl_bridge_refuse(b, "new id %u is %s", id,
				 err == -EEXIST ? "in use" : "out of range");
}

static int add_pair(struct xwl_bridge *b, uint32_t id,
		    const struct wl_interface *interface, uint32_t version,
		    struct xwl_object **out)
{
	struct xwl_object *guest, *compositor;
	int err = xwl_objects_add(&b->guest, id, interface, version, &guest);

	if (err)
		return refuse_id(b, err, id);
	if (xwl_id_of_server(id))
		err = xwl_objects_add(&b->compositor, id, interface, version,
				      &compositor);
	else
		err = xwl_objects_new(&b->compositor, interface, version,
				      &compositor);
	if (err) {
		xwl_objects_free(&b->guest, guest);
		return refuse_id(b, err, id);
	}
	guest->peer = compositor->id;
	compositor->peer = id;
	*out = guest;
	return 0;
}

static int charge_pair(struct xwl_bridge *b, uint32_t id,
		       const struct wl_interface *interface, uint32_t version,
		       struct xwl_object **out)
{
	int err = xwl_account_object(b->account, interface->name, &b->why);

	if (err)
		return err;
	err = add_pair(b, id, interface, version, out);
	if (err)
		xwl_account_refund_object(b->account, interface->name);
	return err;
}

int xwl_bridge_pair(struct xwl_bridge *b, uint32_t id,
		    const struct wl_interface *interface, uint32_t version,
		    struct xwl_object **out)
{
	if (xwl_id_of_server(id))
		return refuse_id(b, -ENOSPC, id);
	return charge_pair(b, id, interface, version, out);
}

int xwl_bridge_adopt(struct xwl_bridge *b, uint32_t id,
		     const struct wl_interface *interface, uint32_t version)
{
	struct xwl_object *guest;

	if (!xwl_id_of_server(id))
		return refuse_id(b, -ENOSPC, id);
	return charge_pair(b, id, interface, version, &guest);
}

struct xwl_object *xwl_bridge_peer(struct xwl_bridge *b,
				   const struct xwl_object *guest)
{
	return xwl_objects_known(&b->compositor, guest->peer);
}

void xwl_bridge_kill(struct xwl_bridge *b, struct xwl_object *guest)
{
	struct xwl_object *compositor = xwl_bridge_peer(b, guest);

	/* the compositor will not tell that it has freed an id of its own */
	if (xwl_id_of_server(guest->id))
		settle_object(b, guest);
	guest->state = XWL_DEAD;
	if (compositor)
		compositor->state = XWL_DEAD;
}

void xwl_bridge_release(struct xwl_bridge *b, struct xwl_object *guest)
{
	struct xwl_object *compositor = xwl_bridge_peer(b, guest);

	settle_object(b, guest);
	xwl_objects_free(&b->guest, guest);
	if (compositor)
		xwl_objects_free(&b->compositor, compositor);
}

int xwl_bridge_own(struct xwl_bridge *b, const struct wl_interface *interface,
		   uint32_t version, struct xwl_object **out)
{
	return xwl_objects_new(&b->compositor, interface, version, out);
}

void xwl_bridge_request(const struct xwl_object *compositor, const char *name,
			struct xwl_message *out)
{
	xwl_message_request(compositor->interface, compositor->id, name, out);
}
