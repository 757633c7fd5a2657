// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "common/container_of.h"
#include "common/log.h"
#include "output/wayland-toplevel.h"

void xd_wl_toplevel_fit(struct xd_wl_toplevel *t, const struct xd_image *image,
			uint32_t x, uint32_t y)
{
	struct xd_wl_surface *s = &t->surface;
	uint64_t width = s->width, height = s->height;

	s->shown_width = s->width;
	s->shown_height = s->height;
	if (!t->viewport)
		return;
	if (t->want_width && t->want_height) {
		width = t->want_width;
		height = t->want_height;
	}
	/* keep the aspect ratio: the compositor adds black borders */
	if (t->fullscreen && width * s->height > height * s->width)
		width = height * s->width / s->height;
	else if (t->fullscreen)
		height = width * s->height / s->width;
	s->shown_width = width ? (uint32_t)width : 1;
	s->shown_height = height ? (uint32_t)height : 1;
	if (image->pixels)
		x = y = 0;
	if (x > image->width - s->width)
		x = image->width - s->width;
	if (y > image->height - s->height)
		y = image->height - s->height;
	wp_viewport_set_source(t->viewport, wl_fixed_from_int((int)x),
			       wl_fixed_from_int((int)y),
			       wl_fixed_from_int((int)s->width),
			       wl_fixed_from_int((int)s->height));
	wp_viewport_set_destination(t->viewport, (int32_t)s->shown_width,
				    (int32_t)s->shown_height);
}

/* ---- events ---- */

static void configure_toplevel(void *data, struct xdg_toplevel *toplevel,
			       int32_t width, int32_t height,
			       struct wl_array *states)
{
	struct xd_wl_toplevel *t = data;
	uint32_t *state;

	t->want_width = width > 0 ? (uint32_t)width : 0;
	t->want_height = height > 0 ? (uint32_t)height : 0;
	t->fullscreen = false;
	wl_array_for_each(state, states)
		if (*state == XDG_TOPLEVEL_STATE_FULLSCREEN)
			t->fullscreen = true;
}

/* Windows end with their guests, which the toolstack shuts down */
static void close_toplevel(void *data, struct xdg_toplevel *toplevel)
{
	struct xd_wl_toplevel *t = data;

	xdc_log(XDC_INFO, "\"%s\": close ignored: guest still running",
		t->title);
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = configure_toplevel,
	.close = close_toplevel,
};

static void configure_surface(void *data, struct xdg_surface *surface,
			      uint32_t serial)
{
	struct xd_wl_toplevel *t = data;

	xdg_surface_ack_configure(surface, serial);
	t->configured = true;
	t->configure(t);
}

static const struct xdg_surface_listener surface_listener = {
	.configure = configure_surface,
};

/* ---- the window's life ---- */

void xd_wl_toplevel_init(struct xd_wl_toplevel *t,
			 const struct xd_policy *policy, uint32_t width,
			 uint32_t height, char *why)
{
	struct xd_wl_surface *s = &t->surface;

	snprintf(t->app_id, sizeof(t->app_id), "%s", policy->app_id);
	snprintf(t->title, sizeof(t->title), "%s", policy->title);
	s->width = width;
	s->height = height;
	s->title = t->title;
	s->why = why;
	s->row_alignment = policy->row_alignment;
	s->inhibit_shortcuts = policy->inhibit_shortcuts;
	s->lock_pointer = policy->lock_pointer;
}

void xd_wl_toplevel_map(struct xd_wl_toplevel *t, struct xd_wl *wl,
			struct xd_input *input)
{
	if (t->wl_surface)
		return;
	t->wl_surface = wl_compositor_create_surface(wl->compositor);
	wl_surface_set_user_data(t->wl_surface, &t->surface);
	t->surface.input = input;
	t->xdg_surface = xdg_wm_base_get_xdg_surface(wl->shell, t->wl_surface);
	xdg_surface_add_listener(t->xdg_surface, &surface_listener, t);
	t->toplevel = xdg_surface_get_toplevel(t->xdg_surface);
	xdg_toplevel_add_listener(t->toplevel, &toplevel_listener, t);
	xdg_toplevel_set_app_id(t->toplevel, t->app_id);
	xdg_toplevel_set_title(t->toplevel, t->title);
	/* a guest's connector has one mode */
	xdg_toplevel_set_min_size(t->toplevel, (int32_t)t->surface.width,
				  (int32_t)t->surface.height);
	xdg_toplevel_set_max_size(t->toplevel, (int32_t)t->surface.width,
				  (int32_t)t->surface.height);
	if (wl->viewporter)
		t->viewport = wp_viewporter_get_viewport(wl->viewporter,
							 t->wl_surface);
	/* without a buffer: the compositor answers by configure_surface() */
	wl_surface_commit(t->wl_surface);
}

void xd_wl_toplevel_unmap(struct xd_wl_toplevel *t, struct xd_wl *wl)
{
	if (!t->wl_surface)
		return;
	xd_wl_seats_forget(&wl->seats, &t->surface);
	if (t->viewport)
		wp_viewport_destroy(t->viewport);
	xdg_toplevel_destroy(t->toplevel);
	xdg_surface_destroy(t->xdg_surface);
	wl_surface_destroy(t->wl_surface);
	t->viewport = NULL;
	t->toplevel = NULL;
	t->xdg_surface = NULL;
	t->wl_surface = NULL;
	t->configured = false;
	t->want_width = t->want_height = 0;
	t->surface.shown_width = t->surface.shown_height = 0;
}

static bool is_id(void *proxy, uint32_t id)
{
	return proxy && wl_proxy_get_id(proxy) == id;
}

bool xd_wl_toplevel_owns(const struct xd_wl_toplevel *t, uint32_t id)
{
	return is_id(t->wl_surface, id) || is_id(t->xdg_surface, id) ||
	       is_id(t->toplevel, id) || is_id(t->viewport, id);
}

void xd_wl_toplevel_warn(const struct xd_wl_toplevel *t, const struct xd_wl *wl)
{
	const struct xd_wl_grabs *g = &wl->grabs;

	if (t->surface.inhibit_shortcuts && !g->shortcuts)
		xdc_log(XDC_WARNING,
			"\"%s\": inhibit-shortcuts has no effect: the compositor at %s lacks keyboard-shortcuts-inhibit",
			t->title, wl->name);
	if (t->surface.lock_pointer && (!g->constraints || !g->motions))
		xdc_log(XDC_WARNING,
			"\"%s\": lock-pointer has no effect: the compositor at %s lacks pointer-constraints or relative-pointer",
			t->title, wl->name);
}
