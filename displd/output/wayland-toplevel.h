/* SPDX-License-Identifier: GPL-2.0-only */
/* A window at the compositor: its wl_surface as an xdg_toplevel, and the part of a
 * picture that is shown in it.
 */
#ifndef XD_OUTPUT_WAYLAND_TOPLEVEL_H
#define XD_OUTPUT_WAYLAND_TOPLEVEL_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "output/output.h"
#include "output/wayland-display.h"
#include "output/wayland-surface.h"

struct xd_wl_toplevel {
	struct xd_wl_surface surface;
	char app_id[XD_TEXT_MAX], title[XD_TEXT_MAX];
	/* NULL while nothing is shown */
	struct wl_surface *wl_surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct wp_viewport *viewport; /* NULL: the compositor has none */
	bool configured; /* a picture may be attached */
	/* asked for by the compositor; 0: any size */
	uint32_t want_width, want_height;
	bool fullscreen; /* that is the maximum; otherwise the exact size */
	/* the compositor allows a picture, or wants another size */
	void (*configure)(struct xd_wl_toplevel *t);
};

/** xd_wl_toplevel_init - the caller sets configure() and the image callbacks */
void xd_wl_toplevel_init(struct xd_wl_toplevel *t,
			 const struct xd_policy *policy, uint32_t width,
			 uint32_t height, char *why);
/** xd_wl_toplevel_map - if it is not; the compositor is ready */
void xd_wl_toplevel_map(struct xd_wl_toplevel *t, struct xd_wl *wl,
			struct xd_input *input);
void xd_wl_toplevel_unmap(struct xd_wl_toplevel *t, struct xd_wl *wl);
/**
 * xd_wl_toplevel_fit - scale the image to the size that the compositor wants
 * @x: pixel of the image at the left of the window; ignored for shadows
 */
void xd_wl_toplevel_fit(struct xd_wl_toplevel *t, const struct xd_image *image,
			uint32_t x, uint32_t y);
/** xd_wl_toplevel_owns - the object of the protocol is the window's */
bool xd_wl_toplevel_owns(const struct xd_wl_toplevel *t, uint32_t id);
/** xd_wl_toplevel_warn - of settings that the compositor has no protocol for */
void xd_wl_toplevel_warn(const struct xd_wl_toplevel *t,
			 const struct xd_wl *wl);

#endif
