/* SPDX-License-Identifier: GPL-2.0-only */
/* The compositor's input devices: keys, pointer and touches in a window go to
 * its guest.  The compositor decides which window has the focus.
 */
#ifndef XD_OUTPUT_WAYLAND_SEAT_H
#define XD_OUTPUT_WAYLAND_SEAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "output/wayland-grab.h"
#include "output/wayland-surface.h"

struct wl_registry;
struct wl_surface;
struct xd_wl_seat;

LIST_HEAD(xd_wl_seats, xd_wl_seat);

/** xd_wl_seat_add - the registry has announced a wl_seat; @grabs outlives it */
void xd_wl_seat_add(struct xd_wl_seats *seats, const struct xd_wl_grabs *grabs,
		    struct wl_registry *registry, uint32_t name,
		    uint32_t version);
/** xd_wl_seat_remove - the registry has removed a global, maybe a wl_seat */
void xd_wl_seat_remove(struct xd_wl_seats *seats, uint32_t name);
void xd_wl_seats_fini(struct xd_wl_seats *seats);
/**
 * xd_wl_seats_pair - the guest's input devices may be other ones
 * @full: ask the compositor for nothing
 *
 * Devices that come while the window has the focus get what they missed.
 */
void xd_wl_seats_pair(struct xd_wl_seats *seats, struct wl_surface *wl_surface,
		      bool full);
/** xd_wl_seats_forget - the wl_surface is about to be destroyed */
void xd_wl_seats_forget(struct xd_wl_seats *seats, struct xd_wl_surface *s);

#endif
