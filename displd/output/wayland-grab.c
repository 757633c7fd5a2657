// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "output/wayland-grab.h"
#include "input.h"

#include "keyboard-shortcuts-inhibit-client-protocol.h"
#include "pointer-constraints-client-protocol.h"
#include "relative-pointer-client-protocol.h"

/* Of one window at one seat, from the first focus until the window is unmapped. */
struct xd_wl_grab {
	LIST_ENTRY(xd_wl_grab) entry;
	struct xd_wl_surface *surface;
	struct zwp_keyboard_shortcuts_inhibitor_v1 *inhibitor; /* or NULL */
	struct zwp_locked_pointer_v1 *lock; /* or NULL */
	struct zwp_relative_pointer_v1 *motions; /* set while lock is */
	bool locked; /* now: there are motions and no positions */
	wl_fixed_t rest_x, rest_y; /* parts of a pixel, not passed on yet */
};

/* ---- globals ---- */

void xd_wl_grabs_bind(struct xd_wl_grabs *g, struct wl_registry *registry,
		      uint32_t name, const char *interface)
{
#define bind_field(field, type)                                               \
	do {                                                                  \
		if (!strcmp(interface, (type).name) && !g->field)             \
			g->field =                                            \
				wl_registry_bind(registry, name, &(type), 1); \
	} while (0)
	bind_field(shortcuts,
		   zwp_keyboard_shortcuts_inhibit_manager_v1_interface);
	bind_field(constraints, zwp_pointer_constraints_v1_interface);
	bind_field(motions, zwp_relative_pointer_manager_v1_interface);
#undef bind_field
}

void xd_wl_grabs_fini(struct xd_wl_grabs *g)
{
	if (g->shortcuts)
		zwp_keyboard_shortcuts_inhibit_manager_v1_destroy(g->shortcuts);
	if (g->constraints)
		zwp_pointer_constraints_v1_destroy(g->constraints);
	if (g->motions)
		zwp_relative_pointer_manager_v1_destroy(g->motions);
	memset(g, 0, sizeof(*g));
}

/* NULL: out of memory, and the window has to do without */
static struct xd_wl_grab *find_grab(struct xd_wl_grab_list *list,
				    struct xd_wl_surface *s)
{
	struct xd_wl_grab *g;

	LIST_FOREACH(g, list, entry)
		if (g->surface == s)
			return g;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->surface = s;
	LIST_INSERT_HEAD(list, g, entry);
	return g;
}

/* ---- shortcuts ---- */

static void inhibitor_active(void *data,
			     struct zwp_keyboard_shortcuts_inhibitor_v1 *i)
{
	struct xd_wl_grab *g = data;

	xdc_log(XDC_DEBUG, "\"%s\" gets the compositor's shortcuts",
		g->surface->title);
}

static void inhibitor_inactive(void *data,
			       struct zwp_keyboard_shortcuts_inhibitor_v1 *i)
{
	struct xd_wl_grab *g = data;

	xdc_log(XDC_DEBUG, "the compositor keeps its shortcuts from \"%s\"",
		g->surface->title);
}

static const struct zwp_keyboard_shortcuts_inhibitor_v1_listener
	inhibitor_listener = {
		.active = inhibitor_active,
		.inactive = inhibitor_inactive,
	};

void xd_wl_grab_keys(struct xd_wl_grab_list *list,
		     const struct xd_wl_grabs *grabs, struct wl_seat *seat,
		     struct wl_surface *wl_surface)
{
	struct xd_wl_surface *s = wl_surface_get_user_data(wl_surface);
	struct xd_wl_grab *g;

	/* a guest without a keyboard would only take them away */
	if (!s->inhibit_shortcuts || !grabs->shortcuts ||
	    !s->input->kbds[XD_KEYS])
		return;
	g = find_grab(list, s);
	/* a second one for the same window and seat is an error */
	if (!g || g->inhibitor)
		return;
	g->inhibitor =
		zwp_keyboard_shortcuts_inhibit_manager_v1_inhibit_shortcuts(
			grabs->shortcuts, wl_surface, seat);
	zwp_keyboard_shortcuts_inhibitor_v1_add_listener(
		g->inhibitor, &inhibitor_listener, g);
}

/* ---- pointer ---- */

static void locked(void *data, struct zwp_locked_pointer_v1 *lock)
{
	struct xd_wl_grab *g = data;

	g->locked = true;
	g->rest_x = g->rest_y = 0;
	xdc_log(XDC_DEBUG, "pointer locked in \"%s\"", g->surface->title);
}

static void unlocked(void *data, struct zwp_locked_pointer_v1 *lock)
{
	struct xd_wl_grab *g = data;

	g->locked = false;
	xdc_log(XDC_DEBUG, "pointer unlocked in \"%s\"", g->surface->title);
}

static const struct zwp_locked_pointer_v1_listener lock_listener = {
	.locked = locked,
	.unlocked = unlocked,
};

/* Whole pixels of a motion; the rest is added to the next one */
static int32_t take_pixels(wl_fixed_t *rest, wl_fixed_t d)
{
	int64_t sum = (int64_t)*rest + d;

	*rest = (wl_fixed_t)(sum % 256);
	return (int32_t)(sum / 256);
}

/* Without a lock the positions say the same */
static void moved(void *data, struct zwp_relative_pointer_v1 *motions,
		  uint32_t hi, uint32_t lo, wl_fixed_t dx, wl_fixed_t dy,
		  wl_fixed_t raw_dx, wl_fixed_t raw_dy)
{
	struct xd_wl_grab *g = data;
	int32_t x, y;

	if (!g->locked)
		return;
	x = take_pixels(&g->rest_x, dx);
	y = take_pixels(&g->rest_y, dy);
	if (x || y)
		xd_input_motion(g->surface->input, x, y);
}

static const struct zwp_relative_pointer_v1_listener motion_listener = {
	.relative_motion = moved,
};

static void drop_lock(struct xd_wl_grab *g)
{
	if (!g->lock)
		return;
	zwp_locked_pointer_v1_destroy(g->lock);
	zwp_relative_pointer_v1_destroy(g->motions);
	g->lock = NULL;
	g->motions = NULL;
	g->locked = false;
}

void xd_wl_grab_pointer(struct xd_wl_grab_list *list,
			const struct xd_wl_grabs *grabs,
			struct wl_pointer *pointer,
			struct wl_surface *wl_surface)
{
	struct xd_wl_surface *s = wl_surface_get_user_data(wl_surface);
	struct xd_wl_grab *g;

	if (!s->lock_pointer || !grabs->constraints || !grabs->motions)
		return;
	g = find_grab(list, s);
	if (!g)
		return;
	/* the guest's input device may be another one than at the last time */
	if (!xd_input_is_relative(s->input)) {
		drop_lock(g);
		return;
	}
	/* a second one for the same window and pointer is an error */
	if (g->lock)
		return;
	g->motions = zwp_relative_pointer_manager_v1_get_relative_pointer(
		grabs->motions, pointer);
	zwp_relative_pointer_v1_add_listener(g->motions, &motion_listener, g);
	/* persistent: the compositor locks it again when the user returns */
	g->lock = zwp_pointer_constraints_v1_lock_pointer(
		grabs->constraints, wl_surface, pointer, NULL,
		ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_locked_pointer_v1_add_listener(g->lock, &lock_listener, g);
}

/* ---- the end ---- */

static void destroy_grab(struct xd_wl_grab *g)
{
	drop_lock(g);
	if (g->inhibitor)
		zwp_keyboard_shortcuts_inhibitor_v1_destroy(g->inhibitor);
	LIST_REMOVE(g, entry);
	free(g);
}

void xd_wl_grab_forget(struct xd_wl_grab_list *list, struct xd_wl_surface *s)
{
	struct xd_wl_grab *g;

	LIST_FOREACH(g, list, entry) {
		if (g->surface != s)
			continue;
		destroy_grab(g);
		return;
	}
}

void xd_wl_grab_drop_pointer(struct xd_wl_grab_list *list)
{
	struct xd_wl_grab *g;

	LIST_FOREACH(g, list, entry)
		drop_lock(g);
}

void xd_wl_grab_fini(struct xd_wl_grab_list *list)
{
	while (!LIST_EMPTY(list))
		destroy_grab(LIST_FIRST(list));
}
