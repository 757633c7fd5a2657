/* SPDX-License-Identifier: GPL-2.0-only */
/* What a window asks of the compositor beside its share of the input: that the
 * compositor's own shortcuts go to the guest, and that the pointer stays in the
 * window.  The compositor decides when it does so, and the user can end it.
 */
#ifndef XD_OUTPUT_WAYLAND_GRAB_H
#define XD_OUTPUT_WAYLAND_GRAB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <wayland-client.h>

#include "output/wayland-surface.h"

struct xd_wl_grab;

/* The compositor's globals for it; each may be NULL. */
struct xd_wl_grabs {
	struct zwp_keyboard_shortcuts_inhibit_manager_v1 *shortcuts;
	struct zwp_pointer_constraints_v1 *constraints;
	struct zwp_relative_pointer_manager_v1 *motions;
};

/* What the windows have asked of one seat. */
LIST_HEAD(xd_wl_grab_list, xd_wl_grab);

/** xd_wl_grabs_bind - the registry has announced a global, maybe one of these */
void xd_wl_grabs_bind(struct xd_wl_grabs *grabs, struct wl_registry *registry,
		      uint32_t name, const char *interface);
void xd_wl_grabs_fini(struct xd_wl_grabs *grabs);

/** xd_wl_grab_keys - the window has the keyboard's focus: ask, if it wants to */
void xd_wl_grab_keys(struct xd_wl_grab_list *list,
		     const struct xd_wl_grabs *grabs, struct wl_seat *seat,
		     struct wl_surface *wl_surface);
/** xd_wl_grab_pointer - the pointer is in the window: ask, if it wants to */
void xd_wl_grab_pointer(struct xd_wl_grab_list *list,
			const struct xd_wl_grabs *grabs,
			struct wl_pointer *pointer,
			struct wl_surface *wl_surface);
/** xd_wl_grab_forget - the wl_surface is about to be destroyed */
void xd_wl_grab_forget(struct xd_wl_grab_list *list, struct xd_wl_surface *s);
/** xd_wl_grab_drop_pointer - the wl_pointer is about to be destroyed */
void xd_wl_grab_drop_pointer(struct xd_wl_grab_list *list);
void xd_wl_grab_fini(struct xd_wl_grab_list *list);

#endif
