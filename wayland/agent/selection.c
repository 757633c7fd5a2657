// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ids.h"
#include "agent/selection.h"
#include "common/container_of.h"

#define TYPES_MAX 64U
/* That a program is asked for, and has not read of: other descriptors fit beside them */
#define PASTES_MAX (XWL_FDS_MAX / 2)

/* What a source offers hangs on it */
struct source {
	struct xwl_attached attached;
	unsigned int nr_types;
	char *types[TYPES_MAX];
};

/* The interfaces of the two protocols, which are alike */
static const struct {
	const char *source, *device, *offer;
} names[XWL_SELECTIONS] = {
	{ "wl_data_source", "wl_data_device", "wl_data_offer" },
	{ "zwp_primary_selection_source_v1", "zwp_primary_selection_device_v1",
	  "zwp_primary_selection_offer_v1" },
};

static unsigned int kind_of(const struct xwl_object *o)
{
	return strncmp(o->interface->name, "wl_", 3) ? XWL_PRIMARY
						     : XWL_CLIPBOARD;
}

void xwl_selections_init(struct xwl_selections *all)
{
	memset(all, 0, sizeof(*all));
	LIST_INIT(&all->programs);
}

void xwl_selections_join(struct xwl_selections *all, struct xwl_proxy *p)
{
	p->selections = all;
	LIST_INSERT_HEAD(&all->programs, p, entry);
}

/* ---- what a source offers ---- */

static void free_source(struct xwl_attached *a)
{
	struct source *s = container_of(a, struct source, attached);

	while (s->nr_types)
		free(s->types[--s->nr_types]);
	free(s);
}

static struct source *source_of(struct xwl_object *o)
{
	struct source *s;

	if (o->data)
		return container_of(o->data, struct source, attached);
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->attached.destroy = free_source;
	o->data = &s->attached;
	return s;
}

static int add_type(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct source *s = source_of(o);
	char *type;

	if (!s || s->nr_types == TYPES_MAX)
		return XWL_PASS;
	type = strdup(m->args[0].data);
	if (type)
		s->types[s->nr_types++] = type;
	return XWL_PASS;
}

/* The source of what can be pasted; NULL: it is not of this half's */
static struct xwl_object *current_source(const struct xwl_selection *sel)
{
	struct xwl_object *o =
		sel->owner ? xwl_objects_find(&sel->owner->objects, sel->source)
			   : NULL;

	return o && o->serial == sel->source_serial ? o : NULL;
}

/* ---- telling a program ---- */

/* The program may not be the one whose message is handled: an error ends it later */
static void send_event(struct xwl_proxy *p, struct xwl_message *m)
{
	if (xwl_stream_send(p->program, m))
		p->overrun = true;
	p->wake(p);
}

static void send_number(struct xwl_proxy *p, const struct xwl_object *o,
			const char *event, uint32_t number)
{
	struct xwl_message m;

	xwl_message_event(o->interface, o->id, event, &m);
	if (m.nr_args)
		m.args[0].u = number;
	send_event(p, &m);
}

static void send_types(struct xwl_proxy *p, const struct xwl_object *offer,
		       struct xwl_object *source)
{
	const struct source *s = source_of(source);
	struct xwl_message m;
	unsigned int i;

	for (i = 0; s && i < s->nr_types; i++) {
		xwl_message_event(offer->interface, offer->id, "offer", &m);
		xwl_arg_text(&m.args[0], s->types[i]);
		send_event(p, &m);
	}
}

/* The interface of a device's offers, from the table of its event */
static const struct wl_interface *
offer_interface(const struct xwl_object *device)
{
	struct xwl_message m;

	xwl_message_event(device->interface, device->id, "data_offer", &m);
	return m.args[0].interface;
}

/* A device's count is the serial of what its program was told of last */
static void tell_device(struct xwl_proxy *p, struct xwl_object *device)
{
	const struct xwl_selection *sel = &p->selections->of[kind_of(device)];
	struct xwl_object *source = current_source(sel), *offer;

	if (device->count == sel->serial)
		return;
	device->count = sel->serial;
	if (!source) {
		send_number(p, device, "selection", 0);
		return;
	}
	if (xwl_ids_new(p, offer_interface(device), device->version, &offer))
		return;
	offer->count = sel->serial;
	send_number(p, device, "data_offer", offer->id);
	send_types(p, offer, source);
	send_number(p, device, "selection", offer->id);
}

/* As compositors do it: of programs that have the focus */
static void tell_program(struct xwl_proxy *p)
{
	struct xwl_object *o = xwl_objects_each(&p->objects, XWL_DISPLAY);

	for (; o; o = xwl_objects_each(&p->objects, o->id + 1))
		if (o->state == XWL_LIVE &&
		    !strcmp(o->interface->name, names[kind_of(o)].device))
			tell_device(p, o);
}

/* Later, as they may not have read yet what was copied before: xwl_selection_tell() */
static void wake_programs(struct xwl_selections *all)
{
	struct xwl_proxy *p;

	LIST_FOREACH(p, &all->programs, entry) {
		if (!p->focus)
			continue;
		p->untold = true;
		p->wake(p);
	}
}

void xwl_selection_tell(struct xwl_proxy *p)
{
	if (!p->untold)
		return;
	p->untold = false;
	if (p->focus)
		tell_program(p);
}

/* ---- what can be pasted changes ---- */

/* The owner of what was copied before; the host's half may have told it, too */
static void cancel_source(struct xwl_selection *sel)
{
	struct xwl_object *source = current_source(sel);

	if (source)
		send_number(sel->owner, source, "cancelled", 0);
}

static void set_owner(struct xwl_selection *sel, struct xwl_proxy *owner,
		      const struct xwl_object *source)
{
	sel->owner = source ? owner : NULL;
	sel->source = source ? source->id : 0;
	sel->source_serial = source ? source->serial : 0;
	sel->cancelled = false;
	sel->serial++;
}

static bool is_current(const struct xwl_selection *sel,
		       const struct xwl_proxy *p, const struct xwl_object *o)
{
	return sel->owner == p && sel->source == o->id &&
	       sel->source_serial == o->serial;
}

/* If @o is what can be pasted, nothing of this half's can be any more */
static void forget_source(struct xwl_proxy *p, const struct xwl_object *o)
{
	struct xwl_selection *sel = &p->selections->of[kind_of(o)];

	if (!is_current(sel, p, o))
		return;
	set_owner(sel, NULL, NULL);
	wake_programs(p->selections);
}

void xwl_selections_leave(struct xwl_proxy *p)
{
	struct xwl_selections *all = p->selections;
	unsigned int i;

	LIST_REMOVE(p, entry);
	for (i = 0; i < XWL_SELECTIONS; i++)
		if (all->of[i].owner == p)
			set_owner(&all->of[i], NULL, NULL);
	wake_programs(all);
}

/* ---- requests ---- */

static int set_selection(void *proxy, struct xwl_object *o,
			 struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;
	struct xwl_selection *sel = &p->selections->of[kind_of(o)];
	const struct xwl_object *source =
		xwl_objects_find(&p->objects, m->args[0].u);

	/* the host's half would say the same */
	if (!p->focus) {
		if (source)
			send_number(p, source, "cancelled", 0);
		return XWL_DONE;
	}
	if (source && is_current(sel, p, source))
		return XWL_PASS;
	cancel_source(sel);
	set_owner(sel, p, source);
	wake_programs(p->selections);
	return XWL_PASS;
}

static int destroy_source(void *proxy, struct xwl_object *o,
			  struct xwl_message *m)
{
	forget_source(proxy, o);
	return XWL_PASS;
}

/* An offer of this half's own has no peer; the others are the host's half's matter */
static int receive(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;
	struct xwl_selection *sel = &p->selections->of[kind_of(o)];
	struct xwl_object *source = current_source(sel);
	struct xwl_message send;

	if (o->peer)
		return XWL_PASS;
	/* the program reads an empty text */
	if (!source || o->count != sel->serial ||
	    sel->owner->program->out_fds.nr >= PASTES_MAX)
		return XWL_DONE;
	xwl_message_event(source->interface, source->id, "send", &send);
	send.args[0] = m->args[0];
	send.args[1].fd = m->args[1].fd;
	m->args[1].fd = -1;
	send_event(sel->owner, &send);
	return XWL_DONE;
}

static int swallow(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	return o->peer ? XWL_PASS : XWL_DONE;
}

static int destroy_offer(void *proxy, struct xwl_object *o,
			 struct xwl_message *m)
{
	if (o->peer)
		return XWL_PASS;
	xwl_ids_kill(proxy, o);
	return XWL_DONE;
}

static int release_keyboard(void *proxy, struct xwl_object *o,
			    struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;

	p->focus -= o->count;
	o->count = 0;
	return XWL_PASS;
}

const struct xwl_handler xwl_selection_requests[] = {
	{ "wl_keyboard", "release", release_keyboard },
	{ "wl_data_source", "offer", add_type },
	{ "wl_data_source", "destroy", destroy_source },
	{ "wl_data_device", "set_selection", set_selection },
	{ "wl_data_offer", "accept", swallow },
	{ "wl_data_offer", "receive", receive },
	{ "wl_data_offer", "finish", swallow },
	{ "wl_data_offer", "set_actions", swallow },
	{ "wl_data_offer", "destroy", destroy_offer },
	{ "zwp_primary_selection_source_v1", "offer", add_type },
	{ "zwp_primary_selection_source_v1", "destroy", destroy_source },
	{ "zwp_primary_selection_device_v1", "set_selection", set_selection },
	{ "zwp_primary_selection_offer_v1", "receive", receive },
	{ "zwp_primary_selection_offer_v1", "destroy", destroy_offer },
	{ NULL, NULL, NULL },
};

void xwl_selection_behind(struct xwl_proxy *p, const struct xwl_message *m)
{
	/* a new device of a program that has the focus */
	if (p->focus && (!strcmp(m->table->name, "get_data_device") ||
			 !strcmp(m->table->name, "get_device")))
		tell_program(p);
}

/* ---- events ---- */

static int focus_gained(void *proxy, struct xwl_object *o,
			struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;

	p->focus += !o->count;
	o->count = 1;
	/* before it knows that it has the focus */
	tell_program(p);
	return XWL_PASS;
}

static int focus_lost(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	return release_keyboard(proxy, o, m);
}

/* What the host's half offers is newer than what was copied here */
static int selection_changed(void *proxy, struct xwl_object *o,
			     struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;
	struct xwl_selection *sel = &p->selections->of[kind_of(o)];

	if (!m->args[0].u)
		return current_source(sel) ? XWL_DONE : XWL_PASS;
	/* a source that the host's half still asks for what was copied lives on */
	if (sel->cancelled)
		cancel_source(sel);
	if (sel->owner)
		set_owner(sel, NULL, NULL);
	o->count = sel->serial;
	return XWL_PASS;
}

/* By the host's half, as the policy does not let it out, or others have copied */
static int source_cancelled(void *proxy, struct xwl_object *o,
			    struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;
	struct xwl_selection *sel = &p->selections->of[kind_of(o)];

	if (!is_current(sel, p, o))
		return XWL_PASS;
	sel->cancelled = true;
	return XWL_DONE;
}

const struct xwl_handler xwl_selection_events[] = {
	{ "wl_keyboard", "enter", focus_gained },
	{ "wl_keyboard", "leave", focus_lost },
	{ "wl_data_device", "selection", selection_changed },
	{ "wl_data_source", "cancelled", source_cancelled },
	{ "zwp_primary_selection_device_v1", "selection", selection_changed },
	{ "zwp_primary_selection_source_v1", "cancelled", source_cancelled },
	{ NULL, NULL, NULL },
};
