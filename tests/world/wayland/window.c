// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "window.h"
#include "xdg-shell-client-protocol.h"

static void add_global(void *data, struct wl_registry *r, uint32_t name,
		       const char *interface, uint32_t version)
{
	struct window *w = data;

	if (!strcmp(interface, wl_compositor_interface.name))
		w->compositor =
			wl_registry_bind(r, name, &wl_compositor_interface, 4);
	else if (!strcmp(interface, xdg_wm_base_interface.name))
		w->wm = wl_registry_bind(r, name, &xdg_wm_base_interface, 1);
	else
		w->add_global(r, name, interface);
}

static void remove_global(void *data, struct wl_registry *r, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = { add_global,
							       remove_global };

static void pong(void *data, struct xdg_wm_base *base, uint32_t serial)
{
	xdg_wm_base_pong(base, serial);
}

static const struct xdg_wm_base_listener wm_listener = { pong };

static void configure(void *data, struct xdg_surface *s, uint32_t serial)
{
	struct window *w = data;

	xdg_surface_ack_configure(s, serial);
	w->configured = true;
}

static const struct xdg_surface_listener surface_listener = { configure };

const char *window_open(struct window *w, const char *title)
{
	struct xdg_surface *shell;

	w->display = wl_display_connect(NULL);
	if (!w->display)
		return "no compositor";
	wl_registry_add_listener(wl_display_get_registry(w->display),
				 &registry_listener, w);
	wl_display_roundtrip(w->display);
	if (!w->compositor || !w->wm)
		return "the compositor has no windows";
	xdg_wm_base_add_listener(w->wm, &wm_listener, NULL);
	w->surface = wl_compositor_create_surface(w->compositor);
	shell = xdg_wm_base_get_xdg_surface(w->wm, w->surface);
	xdg_surface_add_listener(shell, &surface_listener, w);
	xdg_toplevel_set_title(xdg_surface_get_toplevel(shell), title);
	wl_surface_commit(w->surface);
	while (!w->configured)
		if (wl_display_dispatch(w->display) < 0)
			return "the compositor has gone";
	return NULL;
}

void window_show(struct window *w, struct wl_buffer *buffer)
{
	wl_surface_attach(w->surface, buffer, 0, 0);
	wl_surface_damage(w->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(w->surface);
}
