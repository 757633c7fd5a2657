// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filter/types.h"
#include "host/clipboard/clipboard.h"
#include "host/clipboard/offer.h"
#include "host/clipboard/owned.h"
#include "wire/fds.h"

#define TYPE_SIZE 256U /* bytes: one that is longer counts as several */

static bool is_allowed(const struct xwl_bridge *b, unsigned int what)
{
	return b->policy->clipboard & what;
}

static bool must_ask(const struct xwl_bridge *b)
{
	return b->policy->clipboard & XWL_CLIPBOARD_ASK;
}

static void count_denied(struct xwl_bridge *b)
{
	b->account->denied++;
}

/* By themselves, while the program has the focus */
static int tell_offers(struct xwl_bridge *b)
{
	unsigned int told = 0;

	return is_allowed(b, XWL_CLIPBOARD_IN) && b->focus && !must_ask(b)
		       ? xwl_offers_tell(b, &told)
		       : 0;
}

int xwl_clipboard_tell(struct xwl_bridge *b)
{
	if (!b->untold)
		return 0;
	b->untold = false;
	return tell_offers(b);
}

void xwl_clipboard_fini(struct xwl_bridge *b)
{
	xwl_owned_leave(b);
	while (!LIST_EMPTY(&b->offers))
		xwl_offer_free(LIST_FIRST(&b->offers));
}

/* ---- events ---- */

static int offer_made(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *made;
	int err;

	if (xwl_objects_made(&b->compositor, m->args[0].u, m->args[0].interface,
			     o->version, &made))
		return xdc_reason_set(&b->why, -EREMOTEIO,
				      "compositor: invalid new id");
	err = xwl_offer_add(b, o, made);
	return err ? err : XWL_DONE;
}

bool xwl_clipboard_own(struct xwl_bridge *b, const struct xwl_object *o,
		       const struct xwl_message *m)
{
	struct xwl_offer *offer = xwl_offer_find(b, o->id);

	if (offer && !strcmp(m->table->name, "offer"))
		xwl_offer_add_type(b, offer, m->args[0].data);
	return offer;
}

/* What was dragged over the guest's window before */
static int drop_dragged(struct xwl_bridge *b, uint32_t device)
{
	struct xwl_offer *offer = LIST_FIRST(&b->offers), *next;
	int err = 0;

	for (; offer && !err; offer = next) {
		next = LIST_NEXT(offer, entry);
		if (offer->device == device && offer->dragged)
			err = xwl_offer_drop(b, offer);
	}
	return err;
}

/* The device's earlier offers are not the selection any more */
static int drop_others(struct xwl_bridge *b, uint32_t device, uint32_t selected,
		       bool *had)
{
	struct xwl_offer *offer = LIST_FIRST(&b->offers), *next;
	int err = 0;

	for (; offer && !err; offer = next) {
		next = LIST_NEXT(offer, entry);
		if (offer->device != device || offer->id == selected ||
		    offer->dragged)
			continue;
		*had = *had || (offer->told && offer->selected);
		offer->selected = false;
		if (!offer->told)
			err = xwl_offer_drop(b, offer);
	}
	return err;
}

static int selection_changed(void *bridge, struct xwl_object *o,
			     struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_offer *offer = xwl_offer_find(b, m->args[0].u);
	struct xwl_object *device = xwl_objects_find(&b->guest, o->peer);
	bool had = false;
	int err = drop_others(b, o->id, m->args[0].u, &had);

	/* the guest must not try to read what is not there any more */
	if (!err && had && device)
		err = xwl_offer_send_id(b, device, "selection", 0);
	if (err || !offer)
		return err ? err : XWL_DONE;
	offer->selected = true;
	if (!is_allowed(b, XWL_CLIPBOARD_IN))
		err = xwl_offer_drop(b, offer);
	else
		err = tell_offers(b);
	return err ? err : XWL_DONE;
}

/* Other types than the policy's do not exist */
static int filter_type(void *bridge, struct xwl_object *o,
		       struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;

	return xwl_types_match(b->policy->types, m->args[0].data) ? XWL_PASS
								  : XWL_DONE;
}

/*
 * Nothing is dragged into a guest: its windows accept nothing.  Compositors end a drag with
 * its offer, even when it has just left the window: so that is kept until the next one
 * enters.
 */
static int drag_entered(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	struct xwl_offer *offer = xwl_offer_find(bridge, m->args[4].u);
	int err = drop_dragged(bridge, o->id);

	if (offer)
		offer->dragged = true;
	return err ? err : XWL_DONE;
}

/* By a finger also where nothing was accepted; its source waits for an answer */
static int drag_dropped(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	int err = drop_dragged(bridge, o->id);

	return err ? err : XWL_DONE;
}

static int swallow(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	return XWL_DONE;
}

/*
 * The receiver of @m gets the second of two connected ends.  What is written there is
 * read at the first, and goes where the message's own descriptor leads.
 */
static int pass_through(struct xwl_bridge *b, struct xwl_message *m,
			const int ends[2])
{
	int to = m->args[1].fd;

	/* not the end that another process writes to */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	m->args[1].fd = ends[1];
	if (!b->ops->transfer(b, ends[0], to))
		return XWL_PASS;
	/* the other program is not asked for what nobody would read */
	count_denied(b);
	return XWL_DONE;
}

/* Another program pastes what the guest has copied: through a socket of this half's */
static int send_wanted(void *bridge, struct xwl_object *o,
		       struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	int ends[2];

	if (!is_allowed(b, XWL_CLIPBOARD_OUT) ||
	    !xwl_fd_is_pipe(m->args[1].fd) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		count_denied(b);
		return XWL_DONE;
	}
	return pass_through(b, m, ends);
}

/* Others have copied */
static int source_cancelled(void *bridge, struct xwl_object *o,
			    struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	const struct xwl_object *source = xwl_objects_find(&b->guest, o->peer);

	if (source)
		xwl_owned_end(b, source);
	return XWL_PASS;
}

static int focus_gained(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *keyboard = xwl_objects_find(&b->guest, o->peer);

	if (!keyboard || keyboard->count)
		return XWL_PASS;
	keyboard->count = 1;
	b->focus++;
	return tell_offers(b);
}

static void lose_focus(struct xwl_bridge *b, struct xwl_object *keyboard)
{
	struct xwl_offer *offer;

	if (!keyboard || !keyboard->count)
		return;
	keyboard->count = 0;
	b->focus--;
	if (b->focus || !must_ask(b))
		return;
	LIST_FOREACH(offer, &b->offers, entry)
		offer->open = false;
}

static int focus_lost(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;

	lose_focus(b, xwl_objects_find(&b->guest, o->peer));
	return XWL_PASS;
}

/* ---- requests ---- */

/* A source's count is that of its types, all of which the compositor keeps; long ones count more */
static int offer_type(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	uint32_t count = o->count + 1 + m->args[0].len / TYPE_SIZE;

	if (!is_allowed(b, XWL_CLIPBOARD_OUT) || count > XWL_COPY_TYPES ||
	    !xwl_types_match(b->policy->types, m->args[0].data))
		return XWL_DONE;
	o->count = count;
	return XWL_PASS;
}

/* No other event tells of a keyboard that the guest has given back */
static int release_keyboard(void *bridge, struct xwl_object *o,
			    struct xwl_message *m)
{
	lose_focus(bridge, o);
	return XWL_PASS;
}

static int destroy_source(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	xwl_owned_end(bridge, o);
	return XWL_PASS;
}

/* The program learns that nobody will ask for it */
static int cancel_source(struct xwl_bridge *b, uint32_t id)
{
	const struct xwl_object *source = xwl_objects_find(&b->guest, id);
	struct xwl_message m;
	int err;

	count_denied(b);
	if (!source)
		return XWL_DONE;
	xwl_message_event(source->interface, source->id, "cancelled", &m);
	err = b->ops->to_guest(b, &m);
	return err ? err : XWL_DONE;
}

static int start_drag(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	return cancel_source(bridge, m->args[0].u);
}

static int set_selection(void *bridge, struct xwl_object *o,
			 struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	const struct xwl_object *source =
		xwl_objects_find(&b->guest, m->args[0].u);
	struct xwl_copied *copied;

	if (!is_allowed(b, XWL_CLIPBOARD_OUT) || !b->focus)
		return cancel_source(b, m->args[0].u);
	if (!must_ask(b)) {
		xwl_owned_set(b, xwl_copy_kind(o), source);
		return XWL_PASS;
	}
	copied = &b->copied[xwl_copy_kind(o)];
	memset(copied, 0, sizeof(*copied));
	if (!source)
		return XWL_DONE;
	copied->device = o->id;
	copied->device_serial = o->serial;
	copied->source = source->id;
	copied->source_serial = source->serial;
	copied->input = m->args[1].u;
	copied->order = ++b->account->copies;
	return XWL_DONE;
}

static struct xwl_object *find_same(struct xwl_bridge *b, uint32_t id,
				    uint32_t serial)
{
	struct xwl_object *o = id ? xwl_objects_find(&b->guest, id) : NULL;

	return o && o->serial == serial ? o : NULL;
}

int xwl_clipboard_copy(struct xwl_bridge *b, enum xwl_copy_kind kind)
{
	const struct xwl_copied copied = b->copied[kind];
	struct xwl_object *device =
		find_same(b, copied.device, copied.device_serial);
	struct xwl_object *source =
		find_same(b, copied.source, copied.source_serial);
	struct xwl_message m;

	memset(&b->copied[kind], 0, sizeof(b->copied[kind]));
	if (!device || !source)
		return -ENODATA;
	xwl_bridge_request(xwl_bridge_peer(b, device), "set_selection", &m);
	m.args[0].u = source->peer;
	m.args[1].u = copied.input;
	xwl_owned_set(b, kind, source);
	return b->ops->to_compositor(b, &m);
}

int xwl_clipboard_paste(struct xwl_bridge *b)
{
	unsigned int told = 0;
	int err = b->focus && must_ask(b) ? xwl_offers_tell(b, &told) : 0;

	return err || told ? err : -ENODATA;
}

static bool is_socket(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISSOCK(st.st_mode);
}

static bool may_receive(struct xwl_bridge *b, const struct xwl_object *o,
			const struct xwl_message *m)
{
	const struct xwl_offer *offer = xwl_offer_find(b, o->peer);

	/* to a socket is written without waiting, whatever the guest does with it */
	return is_allowed(b, XWL_CLIPBOARD_IN) && b->focus && offer &&
	       offer->open &&
	       xwl_types_match(b->policy->types, m->args[0].data) &&
	       is_socket(m->args[1].fd);
}

static int receive(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	int ends[2];

	/* the program reads an empty text */
	if (!may_receive(b, o, m) || pipe2(ends, O_CLOEXEC)) {
		count_denied(b);
		return XWL_DONE;
	}
	return pass_through(b, m, ends);
}

static int destroy_offer(void *bridge, struct xwl_object *o,
			 struct xwl_message *m)
{
	struct xwl_offer *offer = xwl_offer_find(bridge, o->peer);

	if (offer)
		xwl_offer_free(offer);
	return XWL_PASS;
}

/* What arrived at it and is unknown to the guest goes with it */
static int destroy_device(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	bool had = false;
	int err = drop_others(b, o->peer, 0, &had);

	if (!err)
		err = drop_dragged(b, o->peer);
	return err ? err : XWL_PASS;
}

const struct xwl_handler xwl_clipboard_requests[] = {
	{ "wl_keyboard", "release", release_keyboard },
	{ "wl_data_source", "offer", offer_type },
	{ "wl_data_source", "set_actions", swallow },
	{ "wl_data_source", "destroy", destroy_source },
	{ "wl_data_device", "start_drag", start_drag },
	{ "wl_data_device", "set_selection", set_selection },
	{ "wl_data_device", "release", destroy_device },
	{ "wl_data_offer", "accept", swallow },
	{ "wl_data_offer", "receive", receive },
	{ "wl_data_offer", "finish", swallow },
	{ "wl_data_offer", "set_actions", swallow },
	{ "wl_data_offer", "destroy", destroy_offer },
	{ "zwp_primary_selection_source_v1", "offer", offer_type },
	{ "zwp_primary_selection_source_v1", "destroy", destroy_source },
	{ "zwp_primary_selection_device_v1", "set_selection", set_selection },
	{ "zwp_primary_selection_device_v1", "destroy", destroy_device },
	{ "zwp_primary_selection_offer_v1", "receive", receive },
	{ "zwp_primary_selection_offer_v1", "destroy", destroy_offer },
	{ NULL, NULL, NULL },
};

const struct xwl_handler xwl_clipboard_events[] = {
	{ "wl_keyboard", "enter", focus_gained },
	{ "wl_keyboard", "leave", focus_lost },
	{ "wl_data_device", "data_offer", offer_made },
	{ "wl_data_device", "selection", selection_changed },
	{ "wl_data_device", "enter", drag_entered },
	{ "wl_data_device", "leave", swallow },
	{ "wl_data_device", "motion", swallow },
	{ "wl_data_device", "drop", drag_dropped },
	{ "wl_data_offer", "offer", filter_type },
	{ "wl_data_source", "send", send_wanted },
	{ "wl_data_source", "cancelled", source_cancelled },
	{ "zwp_primary_selection_device_v1", "data_offer", offer_made },
	{ "zwp_primary_selection_device_v1", "selection", selection_changed },
	{ "zwp_primary_selection_offer_v1", "offer", filter_type },
	{ "zwp_primary_selection_source_v1", "send", send_wanted },
	{ "zwp_primary_selection_source_v1", "cancelled", source_cancelled },
	{ NULL, NULL, NULL },
};
