// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <wayland-client-protocol.h>

#include "host/bridge/forward.h"
#include "host/client/globals.h"
#include "host/windows/frame.h"

static struct xwl_offered *find_offered(struct xwl_bridge *b, uint32_t name)
{
	unsigned int i;

	for (i = 0; i < XWL_OFFERED_MAX; i++)
		if (b->offered[i].name == name)
			return &b->offered[i];
	return NULL;
}

/* For a new global: a slot that is free, or one whose global is gone */
static struct xwl_offered *free_slot(struct xwl_bridge *b)
{
	struct xwl_offered *slot = find_offered(b, 0);
	unsigned int i;

	for (i = 0; i < XWL_OFFERED_MAX && !slot; i++)
		if (b->offered[i].removed)
			slot = &b->offered[i];
	return slot;
}

static int send_new(struct xwl_bridge *b, const char *request,
		    const struct wl_interface *interface,
		    struct xwl_object **out)
{
	struct xwl_object *display =
		xwl_objects_find(&b->compositor, XWL_DISPLAY);
	struct xwl_message m;
	int err = xwl_bridge_own(b, interface, 1, out);

	if (err)
		return xdc_reason_set(&b->why, err, "out of memory");
	xwl_bridge_request(display, request, &m);
	m.args[0].u = (*out)->id;
	return b->ops->to_compositor(b, &m);
}

int xwl_globals_start(struct xwl_bridge *b)
{
	int err = send_new(b, "get_registry", &wl_registry_interface,
			   &b->registry);

	if (!err)
		err = send_new(b, "sync", &wl_callback_interface,
			       &b->first_sync);
	return err;
}

static int bind_own(struct xwl_bridge *b, uint32_t name,
		    const struct wl_interface *interface,
		    struct xwl_object **out)
{
	struct xwl_message m;
	int err = xwl_bridge_own(b, interface, 1, out);

	if (err)
		return xdc_reason_set(&b->why, err, "out of memory");
	xwl_bridge_request(b->registry, "bind", &m);
	m.args[0].u = name;
	xwl_arg_text(&m.args[1], interface->name);
	m.args[2].u = 1;
	m.args[3].u = (*out)->id;
	return b->ops->to_compositor(b, &m);
}

/* Where this half keeps an own object of a global; NULL: it needs none */
static struct xwl_object **place_of(struct xwl_bridge *b, const char *name)
{
	if (!strcmp(name, "wl_shm"))
		return &b->shm;
	if (!b->policy->framed)
		return NULL;
	if (!strcmp(name, "wl_compositor"))
		return &b->surfaces;
	if (!strcmp(name, "wl_subcompositor"))
		return &b->subsurfaces;
	return strcmp(name, "wp_viewporter") ? NULL : &b->viewporter;
}

static int settle_globals(struct xwl_bridge *b)
{
	int err = b->policy->framed ? xwl_frames_possible(b) : 0;

	b->ready = !err;
	return err;
}

int xwl_globals_own(struct xwl_bridge *b, struct xwl_object *o,
		    struct xwl_message *m)
{
	const struct xwl_global *g;
	struct xwl_object **place;

	if (o == b->first_sync)
		return settle_globals(b);
	if (o != b->registry || strcmp(m->table->name, "global"))
		return 0;
	place = place_of(b, m->args[1].data);
	g = xwl_global_find(m->args[1].data);
	if (!place || *place || !g)
		return 0;
	return bind_own(b, m->args[0].u, g->interface, place);
}

int xwl_globals_added(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	const struct xwl_global *g = xwl_global_find(m->args[1].data);
	struct xwl_bridge *b = bridge;
	struct xwl_offered *slot;

	if (!g || (g->needs & ~b->policy->allow) || !m->args[2].u)
		return XWL_DONE;
	/* each registry of the program is told of each global */
	slot = find_offered(b, m->args[0].u);
	if (!slot)
		slot = free_slot(b);
	if (!slot)
		return xdc_reason_set(&b->why, -ENOSPC,
				      "the compositor has more than %u globals",
				      XWL_OFFERED_MAX);
	slot->name = m->args[0].u;
	slot->global = g;
	slot->removed = false;
	slot->version = xwl_global_version(g, m->args[2].u);
	m->args[2].u = slot->version;
	return XWL_PASS;
}

int xwl_globals_removed(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_offered *slot = m->args[0].u ? find_offered(b, m->args[0].u)
						: NULL;

	if (!slot)
		return XWL_DONE;
	slot->removed = true;
	return XWL_PASS;
}

/* The count of what is bound is the number of its global: screens are named by it */
static int bind_global(void *bridge, struct xwl_object *o,
		       struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	const struct xwl_offered *slot =
		m->args[0].u ? find_offered(b, m->args[0].u) : NULL;
	const char *interface = m->args[1].data;
	struct xwl_object *made;
	int err;

	if (!slot)
		return xwl_bridge_refuse(
			b, "bind of global %u, which is not offered",
			m->args[0].u);
	if (strcmp(interface, slot->global->interface->name))
		return xwl_bridge_refuse(
			b, "bind of global %u under the wrong interface",
			m->args[0].u);
	if (!m->args[2].u || m->args[2].u > slot->version)
		return xwl_bridge_refuse(
			b, "bind of %s version %u, but version %u is offered",
			interface, m->args[2].u, slot->version);
	err = xwl_bridge_pair(b, m->args[3].u, slot->global->interface,
			      m->args[2].u, &made);
	if (err)
		return err;
	made->count = m->args[0].u;
	m->args[3].u = made->peer;
	/* a text of this program's own */
	xwl_arg_text(&m->args[1], slot->global->interface->name);
	m->object = o->peer;
	err = b->ops->to_compositor(b, m);
	return err ? err : XWL_DONE;
}

/* Its name is that of the screen */
static int get_xdg_output(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	const struct xwl_object *output =
		xwl_objects_find(&b->guest, m->args[1].u);
	struct xwl_object *made;
	int err = xwl_forward(b, o, m, &made);

	if (err)
		return err;
	made->count = output->count;
	return XWL_DONE;
}

const struct xwl_handler xwl_global_requests[] = {
	{ "wl_registry", "bind", bind_global },
	{ "zxdg_output_manager_v1", "get_xdg_output", get_xdg_output },
	{ NULL, NULL, NULL },
};
