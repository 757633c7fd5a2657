// SPDX-License-Identifier: GPL-2.0-only
#include "compositor-parts.h"

#include <assert.h>

#include "keyboard-shortcuts-inhibit-server-protocol.h"
#include "pointer-constraints-server-protocol.h"
#include "relative-pointer-server-protocol.h"

static struct wl_resource *lock, *relative;

/* ---- shortcuts ---- */

static const struct zwp_keyboard_shortcuts_inhibitor_v1_interface
	inhibitor_ops = { .destroy = compositor_destroy };

static void inhibitor_gone(struct wl_resource *r)
{
	comp.inhibitors--;
}

static void inhibit(struct wl_client *client, struct wl_resource *r,
		    uint32_t id, struct wl_resource *surface,
		    struct wl_resource *seat)
{
	struct wl_resource *i = wl_resource_create(
		client, &zwp_keyboard_shortcuts_inhibitor_v1_interface, 1, id);

	/* a second one would be an error */
	assert(surface == compositor_surface() && !comp.inhibitors);
	wl_resource_set_implementation(i, &inhibitor_ops, NULL, inhibitor_gone);
	comp.inhibitors++;
	zwp_keyboard_shortcuts_inhibitor_v1_send_active(i);
	zwp_keyboard_shortcuts_inhibitor_v1_send_inactive(i);
}

static const struct zwp_keyboard_shortcuts_inhibit_manager_v1_interface
	shortcuts_ops = {
		.destroy = compositor_destroy,
		.inhibit_shortcuts = inhibit,
	};

static void bind_shortcuts(struct wl_client *client, void *data,
			   uint32_t version, uint32_t id)
{
	wl_resource_set_implementation(
		wl_resource_create(
			client,
			&zwp_keyboard_shortcuts_inhibit_manager_v1_interface,
			(int)version, id),
		&shortcuts_ops, NULL, NULL);
}

/* ---- the pointer ---- */

static const struct zwp_locked_pointer_v1_interface lock_ops = {
	.destroy = compositor_destroy,
};

static void lock_gone(struct wl_resource *r)
{
	lock = NULL;
	comp.locks--;
}

static void lock_pointer(struct wl_client *client, struct wl_resource *r,
			 uint32_t id, struct wl_resource *surface,
			 struct wl_resource *pointer,
			 struct wl_resource *region, uint32_t lifetime)
{
	/* a second one would be an error */
	assert(surface == compositor_surface() && !region && !lock);
	assert(lifetime == ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	lock = wl_resource_create(client, &zwp_locked_pointer_v1_interface, 1,
				  id);
	wl_resource_set_implementation(lock, &lock_ops, NULL, lock_gone);
	comp.locks++;
}

static const struct zwp_pointer_constraints_v1_interface constraints_ops = {
	.destroy = compositor_destroy,
	.lock_pointer = lock_pointer,
};

static void bind_constraints(struct wl_client *client, void *data,
			     uint32_t version, uint32_t id)
{
	wl_resource_set_implementation(
		wl_resource_create(client,
				   &zwp_pointer_constraints_v1_interface,
				   (int)version, id),
		&constraints_ops, NULL, NULL);
}

static const struct zwp_relative_pointer_v1_interface relative_ops = {
	.destroy = compositor_destroy,
};

static void relative_gone(struct wl_resource *r)
{
	relative = NULL;
	comp.relative_pointers--;
}

static void get_relative(struct wl_client *client, struct wl_resource *r,
			 uint32_t id, struct wl_resource *pointer)
{
	relative = wl_resource_create(
		client, &zwp_relative_pointer_v1_interface, 1, id);
	wl_resource_set_implementation(relative, &relative_ops, NULL,
				       relative_gone);
	comp.relative_pointers++;
}

static const struct zwp_relative_pointer_manager_v1_interface manager_ops = {
	.destroy = compositor_destroy,
	.get_relative_pointer = get_relative,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version,
			 uint32_t id)
{
	wl_resource_set_implementation(
		wl_resource_create(client,
				   &zwp_relative_pointer_manager_v1_interface,
				   (int)version, id),
		&manager_ops, NULL, NULL);
}

void compositor_lock(bool active)
{
	if (active)
		zwp_locked_pointer_v1_send_locked(lock);
	else
		zwp_locked_pointer_v1_send_unlocked(lock);
}

void compositor_motion(int32_t dx, int32_t dy)
{
	zwp_relative_pointer_v1_send_relative_motion(relative, 0, 0, dx, dy, dx,
						     dy);
}

void compositor_grabs_add(struct wl_display *display)
{
	wl_global_create(display,
			 &zwp_keyboard_shortcuts_inhibit_manager_v1_interface,
			 1, NULL, bind_shortcuts);
	wl_global_create(display, &zwp_pointer_constraints_v1_interface, 1,
			 NULL, bind_constraints);
	wl_global_create(display, &zwp_relative_pointer_manager_v1_interface, 1,
			 NULL, bind_manager);
}
