// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter/types.h"
#include "host/clipboard/offer.h"
#include "host/clipboard/owned.h"

struct xwl_offer *xwl_offer_find(struct xwl_bridge *b, uint32_t id)
{
	struct xwl_offer *offer;

	LIST_FOREACH(offer, &b->offers, entry)
		if (offer->id == id)
			return offer;
	return NULL;
}

int xwl_offer_add(struct xwl_bridge *b, const struct xwl_object *device,
		  const struct xwl_object *made)
{
	struct xwl_offer *offer = calloc(1, sizeof(*offer));

	if (!offer)
		return xdc_reason_set(&b->why, -ENOMEM, "out of memory");
	offer->id = made->id;
	offer->device = device->id;
	offer->kind = xwl_copy_kind(device);
	LIST_INSERT_HEAD(&b->offers, offer, entry);
	return 0;
}

void xwl_offer_add_type(struct xwl_bridge *b, struct xwl_offer *offer,
			const char *type)
{
	if (!xwl_types_match(b->policy->types, type)) {
		offer->others = true;
		return;
	}
	if (offer->nr_types == XWL_COPY_TYPES)
		return;
	offer->types[offer->nr_types] = strdup(type);
	if (offer->types[offer->nr_types])
		offer->nr_types++;
}

static void free_types(struct xwl_offer *offer)
{
	while (offer->nr_types)
		free(offer->types[--offer->nr_types]);
}

void xwl_offer_free(struct xwl_offer *offer)
{
	free_types(offer);
	LIST_REMOVE(offer, entry);
	free(offer);
}

int xwl_offer_drop(struct xwl_bridge *b, struct xwl_offer *offer)
{
	struct xwl_object *o = xwl_objects_find(&b->compositor, offer->id);
	struct xwl_message m;
	int err = 0;

	if (o) {
		xwl_bridge_request(o, "destroy", &m);
		err = b->ops->to_compositor(b, &m);
		o->state = XWL_DEAD;
	}
	xwl_offer_free(offer);
	return err;
}

/* It becomes an object of the guest's, under the same id */
static int adopt_offer(struct xwl_bridge *b, const struct xwl_offer *offer)
{
	struct xwl_object *o = xwl_objects_find(&b->compositor, offer->id);
	const struct wl_interface *interface = o->interface;
	uint32_t version = o->version;

	xwl_objects_free(&b->compositor, o);
	return xwl_bridge_adopt(b, offer->id, interface, version);
}

int xwl_offer_send_id(struct xwl_bridge *b, const struct xwl_object *guest,
		      const char *event, uint32_t id)
{
	struct xwl_message m;

	xwl_message_event(guest->interface, guest->id, event, &m);
	m.args[0].u = id;
	return b->ops->to_guest(b, &m);
}

static int send_type(struct xwl_bridge *b, const struct xwl_offer *offer,
		     unsigned int type)
{
	const struct xwl_object *o = xwl_objects_find(&b->guest, offer->id);
	struct xwl_message m;

	xwl_message_event(o->interface, o->id, "offer", &m);
	xwl_arg_text(&m.args[0], offer->types[type]);
	return b->ops->to_guest(b, &m);
}

/* The guest's device at which @offer arrived; NULL: destroyed meanwhile */
static struct xwl_object *device_of(struct xwl_bridge *b,
				    const struct xwl_offer *offer)
{
	const struct xwl_object *o =
		xwl_objects_find(&b->compositor, offer->device);

	return o ? xwl_objects_find(&b->guest, o->peer) : NULL;
}

static int tell_offer(struct xwl_bridge *b, struct xwl_offer *offer)
{
	const struct xwl_object *device = device_of(b, offer);
	unsigned int i;
	int err;

	if (!device)
		return 0;
	err = adopt_offer(b, offer);
	if (!err)
		err = xwl_offer_send_id(b, device, "data_offer", offer->id);
	for (i = 0; i < offer->nr_types && !err; i++)
		err = send_type(b, offer, i);
	if (!err)
		err = xwl_offer_send_id(b, device, "selection", offer->id);
	offer->told = offer->open = true;
	/* the guest has them, and may keep the offer for as long as it likes */
	free_types(offer);
	return err;
}

/*
 * Compositors do not tell when they ignore what a program has copied, such as by the serial of
 * an event that is too old: then only the types can say whose it is.
 */
static bool is_own(const struct xwl_bridge *b, const struct xwl_offer *offer)
{
	return xwl_owned(b, offer->kind) && !offer->others;
}

int xwl_offers_tell(struct xwl_bridge *b, unsigned int *told)
{
	struct xwl_offer *offer;
	int err = 0;

	LIST_FOREACH(offer, &b->offers, entry) {
		if (err || !offer->selected || offer->told || is_own(b, offer))
			continue;
		err = tell_offer(b, offer);
		*told += offer->told;
	}
	return err;
}
