// SPDX-License-Identifier: GPL-2.0-only
#include "compositor-parts.h"

static struct wl_resource *keyboard, *pointer, *touch;

static void set_cursor(struct wl_client *client, struct wl_resource *r,
		       uint32_t serial, struct wl_resource *of, int32_t x,
		       int32_t y)
{
	comp.cursors_hidden += !of;
}

static const struct wl_pointer_interface pointer_ops = {
	.set_cursor = set_cursor,
	.release = compositor_destroy,
};
static const struct wl_keyboard_interface keyboard_ops = {
	.release = compositor_destroy
};
static const struct wl_touch_interface touch_ops = {
	.release = compositor_destroy
};

static void get_pointer(struct wl_client *client, struct wl_resource *r,
			uint32_t id)
{
	pointer = wl_resource_create(client, &wl_pointer_interface,
				     wl_resource_get_version(r), id);
	wl_resource_set_implementation(pointer, &pointer_ops, NULL, NULL);
}

static void get_keyboard(struct wl_client *client, struct wl_resource *r,
			 uint32_t id)
{
	keyboard = wl_resource_create(client, &wl_keyboard_interface,
				      wl_resource_get_version(r), id);
	wl_resource_set_implementation(keyboard, &keyboard_ops, NULL, NULL);
}

static void get_touch(struct wl_client *client, struct wl_resource *r,
		      uint32_t id)
{
	touch = wl_resource_create(client, &wl_touch_interface,
				   wl_resource_get_version(r), id);
	wl_resource_set_implementation(touch, &touch_ops, NULL, NULL);
}

static const struct wl_seat_interface seat_ops = {
	.get_pointer = get_pointer,
	.get_keyboard = get_keyboard,
	.get_touch = get_touch,
	.release = compositor_destroy,
};

static void bind_seat(struct wl_client *client, void *data, uint32_t version,
		      uint32_t id)
{
	struct wl_resource *r = wl_resource_create(client, &wl_seat_interface,
						   (int)version, id);

	wl_resource_set_implementation(r, &seat_ops, NULL, NULL);
	wl_seat_send_capabilities(r, WL_SEAT_CAPABILITY_POINTER |
					     WL_SEAT_CAPABILITY_KEYBOARD |
					     WL_SEAT_CAPABILITY_TOUCH);
}

void compositor_focus_holding(const uint32_t *codes, size_t nr)
{
	struct wl_array pressed;
	size_t i;

	wl_array_init(&pressed);
	for (i = 0; i < nr; i++)
		*(uint32_t *)wl_array_add(&pressed, 4) = codes[i];
	wl_keyboard_send_enter(keyboard, 1, compositor_surface(), &pressed);
	wl_array_release(&pressed);
}

void compositor_modifiers(uint32_t locked)
{
	wl_keyboard_send_modifiers(keyboard, 1, 0, 0, locked, 0);
}

void compositor_focus(bool here)
{
	if (here) {
		compositor_focus_holding(NULL, 0);
		wl_pointer_send_enter(pointer, 1, compositor_surface(),
				      wl_fixed_from_int(4),
				      wl_fixed_from_int(2));
	} else {
		wl_keyboard_send_leave(keyboard, 2, compositor_surface());
		wl_pointer_send_leave(pointer, 2, compositor_surface());
	}
}

void compositor_key(uint32_t code, bool pressed)
{
	wl_keyboard_send_key(keyboard, 3, 0, code, pressed);
}

void compositor_pointer(int32_t x, int32_t y)
{
	wl_pointer_send_motion(pointer, 0, wl_fixed_from_int(x),
			       wl_fixed_from_int(y));
	wl_pointer_send_frame(pointer);
}

void compositor_button(uint32_t code, bool pressed)
{
	wl_pointer_send_button(pointer, 3, 0, code, pressed);
	wl_pointer_send_frame(pointer);
}

void compositor_wheel(int32_t clicks)
{
	wl_pointer_send_axis_discrete(pointer, 0, clicks);
	wl_pointer_send_axis(pointer, 0, 0, wl_fixed_from_int(10 * clicks));
	wl_pointer_send_frame(pointer);
}

void compositor_touch(int32_t id, int32_t x, int32_t y)
{
	wl_touch_send_down(touch, 1, 0, compositor_surface(), id,
			   wl_fixed_from_int(x), wl_fixed_from_int(y));
	wl_touch_send_frame(touch);
}

void compositor_touch_up(int32_t id)
{
	wl_touch_send_up(touch, 1, 0, id);
	wl_touch_send_frame(touch);
}

void compositor_seat_add(struct wl_display *display)
{
	wl_global_create(display, &wl_seat_interface, 5, NULL, bind_seat);
}
