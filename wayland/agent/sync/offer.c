// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "agent/sync/device.h"
#include "agent/sync/offer.h"

/* Names of this half's globals; compositors count theirs from 1 */
#define FIRST_NAME 0xfffffff0U

/* NULL where wayland-protocols did not have them when this was built */
extern const struct wl_interface zwp_linux_explicit_synchronization_v1_interface
	__attribute__((weak));
extern const struct wl_interface wp_linux_drm_syncobj_manager_v1_interface
	__attribute__((weak));

struct offered {
	const struct wl_interface *interface;
	uint32_t version;
	enum xwl_sync_by needs; /* at least */
};

static const struct offered all[] = {
	{ &zwp_linux_explicit_synchronization_v1_interface, 2,
	  XWL_SYNC_FENCES },
	{ &wp_linux_drm_syncobj_manager_v1_interface, 1, XWL_SYNC_TIMELINES },
};

#define NR_OFFERED (sizeof(all) / sizeof(all[0]))

static bool is_offered(const struct xwl_proxy *p, const struct offered *o)
{
	return o->interface && p->sync && p->sync->by >= o->needs;
}

/* A registry of the program's: the compositor's globals follow */
static int list_globals(void *proxy, struct xwl_object *o,
			struct xwl_message *m)
{
	const struct xwl_object *registry;
	struct xwl_proxy *p = proxy;
	struct xwl_message global;
	uint32_t i;
	int err = 0;

	registry = xwl_objects_find(&p->objects, m->args[0].u);
	for (i = 0; i < NR_OFFERED && !err; i++) {
		if (!is_offered(p, &all[i]))
			continue;
		xwl_message_event(registry->interface, registry->id, "global",
				  &global);
		global.args[0].u = FIRST_NAME + i;
		xwl_arg_text(&global.args[1], all[i].interface->name);
		global.args[2].u = all[i].version;
		err = xwl_stream_send(p->program, &global);
	}
	return err ? xdc_reason_set(&p->why, err,
				    "cannot send to the program: %s",
				    strerror(-err))
		   : XWL_PASS;
}

static int bind_own(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	uint32_t i = m->args[0].u - FIRST_NAME;
	struct xwl_proxy *p = proxy;
	struct xwl_object *made;
	int err;

	if (m->args[0].u < FIRST_NAME)
		return XWL_PASS;
	if (i >= NR_OFFERED || !is_offered(p, &all[i]) ||
	    strcmp(m->args[1].data, all[i].interface->name) || !m->args[2].u ||
	    m->args[2].u > all[i].version)
		return xwl_proxy_fail(p, "bind: no global %u, %s version %u",
				      m->args[0].u,
				      (const char *)m->args[1].data,
				      m->args[2].u);
	err = xwl_objects_add(&p->objects, m->args[3].u, all[i].interface,
			      m->args[2].u, &made);
	return err ? xwl_proxy_fail(p, "bind: id %u: %s", m->args[3].u,
				    strerror(-err))
		   : XWL_DONE;
}

const struct xwl_handler xwl_offer_requests[] = {
	{ "wl_registry", "bind", bind_own },
	{ NULL, NULL, NULL },
};

const struct xwl_handler xwl_offer_sent[] = {
	{ "wl_display", "get_registry", list_globals },
	{ NULL, NULL, NULL },
};
