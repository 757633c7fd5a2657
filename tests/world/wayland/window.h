/* SPDX-License-Identifier: GPL-2.0-only */
/* A window of a test's, without a picture. */
#ifndef WORLD_WINDOW_H
#define WORLD_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

struct window {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct xdg_wm_base *wm;
	struct wl_surface *surface;
	bool configured;
	/* of the test's; binds what else it needs */
	void (*add_global)(struct wl_registry *r, uint32_t name,
			   const char *interface);
};

/**
 * window_open - on $WAYLAND_DISPLAY; returns when pictures may be shown in it
 *
 * Return: NULL, or what is missing.
 */
const char *window_open(struct window *w, const char *title);
/** window_show - the surface has this buffer from now on, all of it new */
void window_show(struct window *w, struct wl_buffer *buffer);

#endif
