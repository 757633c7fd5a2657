// SPDX-License-Identifier: GPL-2.0-only
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <unistd.h>
#include <wayland-client.h>

#include "output/wayland-seat.h"
#include "input.h"

#define FINGERS 16
/* ten units are one click of a wheel */
#define UNIT_V120 12
/* XKB's modifiers Lock, and Mod2, which is Num Lock in all usual keymaps */
#define CAPS_MASK (1U << 1)
#define NUM_MASK (1U << 4)

struct finger {
	struct xd_wl_surface *surface; /* NULL: this entry is free */
	int32_t id;
	bool changed; /* since the last frame */
};

struct xd_wl_seat {
	LIST_ENTRY(xd_wl_seat) entry;
	uint32_t name; /* of the registry */
	struct wl_seat *seat;
	struct wl_keyboard *keyboard;
	struct wl_pointer *pointer;
	struct wl_touch *touch;
	struct xd_wl_surface *keyboard_focus, *pointer_focus; /* or NULL */
	/* the guest's devices that were told of lock keys and position; or NULL */
	const struct xd_kbd *keys, *pointing;
	bool has_locks; /* the compositor has told them since the focus came */
	unsigned int locks; /* XD_LOCK_* */
	uint32_t entered; /* serial of the pointer's last enter event */
	bool hidden; /* the compositor's pointer, since then */
	wl_fixed_t x, y; /* of the pointer, in pointer_focus */
	const struct xd_wl_grabs *globals;
	struct xd_wl_grab_list grabs;
	/* of the wheel, in this frame, in 120ths of a click */
	int32_t clicks, units;
	struct finger fingers[FINGERS];
};

/* NULL for events that were sent before we destroyed the wl_surface */
static struct xd_wl_surface *find_surface(struct wl_surface *surface)
{
	return surface ? wl_surface_get_user_data(surface) : NULL;
}

/* From the surface's size to the connector's */
static int32_t scale_to_guest(wl_fixed_t at, uint32_t shown, uint32_t size)
{
	if (!shown)
		return 0;
	return (int32_t)((int64_t)at * size / shown / 256);
}

static int32_t guest_x(const struct xd_wl_surface *w, wl_fixed_t x)
{
	return scale_to_guest(x, w->shown_width, w->width);
}

static int32_t guest_y(const struct xd_wl_surface *w, wl_fixed_t y)
{
	return scale_to_guest(y, w->shown_height, w->height);
}

/* ---- keyboard ---- */

static void keyboard_keymap(void *data, struct wl_keyboard *k, uint32_t format,
			    int32_t fd, uint32_t size)
{
	/* the guest has a keymap of its own */
	close(fd);
}

static bool is_modifier(uint32_t code)
{
	switch (code) {
	case KEY_LEFTCTRL:
	case KEY_RIGHTCTRL:
	case KEY_LEFTSHIFT:
	case KEY_RIGHTSHIFT:
	case KEY_LEFTALT:
	case KEY_RIGHTALT:
	case KEY_LEFTMETA:
	case KEY_RIGHTMETA:
		return true;
	default:
		return false;
	}
}

/* Once to each device that gets the focus: later the guest has all keys */
static void tell_locks(struct xd_wl_seat *s)
{
	struct xd_input *in = s->keyboard_focus->input;

	if (!s->has_locks || s->keys == in->kbds[XD_KEYS])
		return;
	s->keys = in->kbds[XD_KEYS];
	xd_input_set_locks(in, s->locks);
}

/*
 * Of the keys pressed before, the modifiers are meant for the guest, too: for a
 * click with Ctrl that gives the window its focus.
 */
static void keyboard_enter(void *data, struct wl_keyboard *k, uint32_t serial,
			   struct wl_surface *surface, struct wl_array *pressed)
{
	struct xd_wl_seat *s = data;
	uint32_t *code;

	s->keyboard_focus = find_surface(surface);
	if (!s->keyboard_focus)
		return;
	s->keys = NULL;
	s->has_locks = false;
	xd_wl_grab_keys(&s->grabs, s->globals, s->seat, surface);
	wl_array_for_each(code, pressed)
		if (is_modifier(*code))
			xd_input_key(s->keyboard_focus->input, *code, true);
}

static void keyboard_leave(void *data, struct wl_keyboard *k, uint32_t serial,
			   struct wl_surface *surface)
{
	struct xd_wl_seat *s = data;

	if (s->keyboard_focus)
		xd_input_release(s->keyboard_focus->input, XD_INPUT_KEYS);
	s->keyboard_focus = NULL;
}

static void keyboard_key(void *data, struct wl_keyboard *k, uint32_t serial,
			 uint32_t time, uint32_t code, uint32_t state)
{
	struct xd_wl_seat *s = data;

	if (s->keyboard_focus)
		xd_input_key(s->keyboard_focus->input, code,
			     state == WL_KEYBOARD_KEY_STATE_PRESSED);
}

static void keyboard_modifiers(void *data, struct wl_keyboard *k,
			       uint32_t serial, uint32_t depressed,
			       uint32_t latched, uint32_t locked,
			       uint32_t group)
{
	struct xd_wl_seat *s = data;

	if (!s->keyboard_focus)
		return;
	s->has_locks = true;
	s->locks = (locked & CAPS_MASK ? XD_LOCK_CAPS : 0) |
		   (locked & NUM_MASK ? XD_LOCK_NUM : 0);
	tell_locks(s);
}

static void keyboard_repeat_info(void *data, struct wl_keyboard *k,
				 int32_t rate, int32_t delay)
{
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = keyboard_keymap,
	.enter = keyboard_enter,
	.leave = keyboard_leave,
	.key = keyboard_key,
	.modifiers = keyboard_modifiers,
	.repeat_info = keyboard_repeat_info,
};

/* ---- pointer ---- */

static void tell_position(struct xd_wl_seat *s)
{
	struct xd_wl_surface *w = s->pointer_focus;

	s->pointing = w->input->kbds[XD_POINTER];
	xd_input_position(w->input, guest_x(w, s->x), guest_y(w, s->y));
}

static void pointer_motion(void *data, struct wl_pointer *p, uint32_t time,
			   wl_fixed_t x, wl_fixed_t y)
{
	struct xd_wl_seat *s = data;

	s->x = x;
	s->y = y;
	if (s->pointer_focus)
		tell_position(s);
}

/* What the guest's device wants of the compositor */
static void ask_for_pointer(struct xd_wl_seat *s, struct wl_surface *surface)
{
	/* a guest with a pointer device draws a pointer of its own */
	if (!s->hidden && s->pointer_focus->input->kbds[XD_POINTER]) {
		wl_pointer_set_cursor(s->pointer, s->entered, NULL, 0, 0);
		s->hidden = true;
	}
	xd_wl_grab_pointer(&s->grabs, s->globals, s->pointer, surface);
}

static void pointer_enter(void *data, struct wl_pointer *p, uint32_t serial,
			  struct wl_surface *surface, wl_fixed_t x,
			  wl_fixed_t y)
{
	struct xd_wl_seat *s = data;

	s->pointer_focus = find_surface(surface);
	if (!s->pointer_focus)
		return;
	s->entered = serial;
	s->hidden = false;
	ask_for_pointer(s, surface);
	pointer_motion(s, p, 0, x, y);
}

static void pointer_leave(void *data, struct wl_pointer *p, uint32_t serial,
			  struct wl_surface *surface)
{
	struct xd_wl_seat *s = data;

	if (s->pointer_focus)
		xd_input_release(s->pointer_focus->input, XD_INPUT_POINTER);
	s->pointer_focus = NULL;
}

static void pointer_button(void *data, struct wl_pointer *p, uint32_t serial,
			   uint32_t time, uint32_t code, uint32_t state)
{
	struct xd_wl_seat *s = data;

	if (s->pointer_focus)
		xd_input_key(s->pointer_focus->input, code,
			     state == WL_POINTER_BUTTON_STATE_PRESSED);
}

static void pointer_axis(void *data, struct wl_pointer *p, uint32_t time,
			 uint32_t axes, wl_fixed_t value)
{
	struct xd_wl_seat *s = data;

	if (axes == WL_POINTER_AXIS_VERTICAL_SCROLL)
		s->units += value * UNIT_V120 / 256;
}

static void pointer_axis_discrete(void *data, struct wl_pointer *p,
				  uint32_t axes, int32_t clicks)
{
	struct xd_wl_seat *s = data;

	if (axes == WL_POINTER_AXIS_VERTICAL_SCROLL)
		s->clicks += clicks * 120;
}

static void pointer_axis_value120(void *data, struct wl_pointer *p,
				  uint32_t axes, int32_t v120)
{
	struct xd_wl_seat *s = data;

	if (axes == WL_POINTER_AXIS_VERTICAL_SCROLL)
		s->clicks += v120;
}

/* Wheels report clicks and units, touchpads units alone */
static void pointer_frame(void *data, struct wl_pointer *p)
{
	struct xd_wl_seat *s = data;
	int32_t v120 = s->clicks ? s->clicks : s->units;

	if (v120 && s->pointer_focus)
		xd_input_wheel(s->pointer_focus->input, v120);
	s->clicks = s->units = 0;
}

static void pointer_axis_source(void *data, struct wl_pointer *p,
				uint32_t source)
{
}

static void pointer_axis_stop(void *data, struct wl_pointer *p, uint32_t time,
			      uint32_t axes)
{
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = pointer_enter,
	.leave = pointer_leave,
	.motion = pointer_motion,
	.button = pointer_button,
	.axis = pointer_axis,
	.frame = pointer_frame,
	.axis_source = pointer_axis_source,
	.axis_stop = pointer_axis_stop,
	.axis_discrete = pointer_axis_discrete,
	.axis_value120 = pointer_axis_value120,
};

/* ---- touch ---- */

static struct finger *find_finger(struct xd_wl_seat *s, int32_t id)
{
	unsigned int i;

	for (i = 0; i < FINGERS; i++)
		if (s->fingers[i].surface && s->fingers[i].id == id)
			return &s->fingers[i];
	return NULL;
}

static void touch_down(void *data, struct wl_touch *t, uint32_t serial,
		       uint32_t time, struct wl_surface *surface, int32_t id,
		       wl_fixed_t x, wl_fixed_t y)
{
	struct xd_wl_seat *s = data;
	struct xd_wl_surface *w = find_surface(surface);
	unsigned int i;

	for (i = 0; i < FINGERS && s->fingers[i].surface; i++)
		;
	if (!w || i == FINGERS)
		return;
	s->fingers[i] =
		(struct finger){ .surface = w, .id = id, .changed = true };
	xd_input_touch(w->input, XD_TOUCH_DOWN, id, guest_x(w, x),
		       guest_y(w, y));
}

static void touch_up(void *data, struct wl_touch *t, uint32_t serial,
		     uint32_t time, int32_t id)
{
	struct xd_wl_seat *s = data;
	struct finger *f = find_finger(s, id);

	if (!f)
		return;
	xd_input_touch(f->surface->input, XD_TOUCH_UP, id, 0, 0);
	/* end the frame now: the next one does not know this finger */
	xd_input_touch_frame(f->surface->input);
	f->surface = NULL;
}

static void touch_motion(void *data, struct wl_touch *t, uint32_t time,
			 int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	struct xd_wl_seat *s = data;
	struct finger *f = find_finger(s, id);

	if (!f)
		return;
	f->changed = true;
	xd_input_touch(f->surface->input, XD_TOUCH_MOTION, id,
		       guest_x(f->surface, x), guest_y(f->surface, y));
}

static void touch_frame(void *data, struct wl_touch *t)
{
	struct xd_wl_seat *s = data;
	struct xd_wl_surface *w;
	unsigned int i, j;

	for (i = 0; i < FINGERS; i++) {
		w = s->fingers[i].surface;
		if (!w || !s->fingers[i].changed)
			continue;
		for (j = i; j < FINGERS; j++)
			if (s->fingers[j].surface == w)
				s->fingers[j].changed = false;
		xd_input_touch_frame(w->input);
	}
}

static void touch_cancel(void *data, struct wl_touch *t)
{
	struct xd_wl_seat *s = data;
	unsigned int i;

	for (i = 0; i < FINGERS; i++) {
		if (s->fingers[i].surface)
			xd_input_release(s->fingers[i].surface->input,
					 XD_INPUT_TOUCH);
		s->fingers[i].surface = NULL;
	}
}

static void touch_shape(void *data, struct wl_touch *t, int32_t id,
			wl_fixed_t major, wl_fixed_t minor)
{
}

static void touch_orientation(void *data, struct wl_touch *t, int32_t id,
			      wl_fixed_t angle)
{
}

static const struct wl_touch_listener touch_listener = {
	.down = touch_down,
	.up = touch_up,
	.motion = touch_motion,
	.frame = touch_frame,
	.cancel = touch_cancel,
	.shape = touch_shape,
	.orientation = touch_orientation,
};

/* ---- seats ---- */

static void drop_keyboard(struct xd_wl_seat *s)
{
	if (!s->keyboard)
		return;
	keyboard_leave(s, s->keyboard, 0, NULL);
	wl_keyboard_release(s->keyboard);
	s->keyboard = NULL;
}

static void drop_pointer(struct xd_wl_seat *s)
{
	if (!s->pointer)
		return;
	pointer_leave(s, s->pointer, 0, NULL);
	xd_wl_grab_drop_pointer(&s->grabs);
	wl_pointer_release(s->pointer);
	s->pointer = NULL;
}

static void drop_touch(struct xd_wl_seat *s)
{
	if (!s->touch)
		return;
	touch_cancel(s, s->touch);
	wl_touch_release(s->touch);
	s->touch = NULL;
}

static void seat_capabilities(void *data, struct wl_seat *seat, uint32_t has)
{
	struct xd_wl_seat *s = data;

	if (!(has & WL_SEAT_CAPABILITY_KEYBOARD)) {
		drop_keyboard(s);
	} else if (!s->keyboard) {
		s->keyboard = wl_seat_get_keyboard(seat);
		wl_keyboard_add_listener(s->keyboard, &keyboard_listener, s);
	}
	if (!(has & WL_SEAT_CAPABILITY_POINTER)) {
		drop_pointer(s);
	} else if (!s->pointer) {
		s->pointer = wl_seat_get_pointer(seat);
		wl_pointer_add_listener(s->pointer, &pointer_listener, s);
	}
	if (!(has & WL_SEAT_CAPABILITY_TOUCH)) {
		drop_touch(s);
	} else if (!s->touch) {
		s->touch = wl_seat_get_touch(seat);
		wl_touch_add_listener(s->touch, &touch_listener, s);
	}
}

static void seat_name(void *data, struct wl_seat *seat, const char *text)
{
}

static const struct wl_seat_listener seat_listener = {
	.capabilities = seat_capabilities,
	.name = seat_name,
};

void xd_wl_seat_add(struct xd_wl_seats *seats, const struct xd_wl_grabs *grabs,
		    struct wl_registry *registry, uint32_t number,
		    uint32_t version)
{
	struct xd_wl_seat *s;

	/* wl_pointer.frame came with version 5; all else used here is older */
	if (version < 5)
		return;
	s = calloc(1, sizeof(*s));
	if (!s)
		return;
	s->name = number;
	s->globals = grabs;
	LIST_INIT(&s->grabs);
	s->seat = wl_registry_bind(registry, number, &wl_seat_interface,
				   version < 8 ? version : 8);
	wl_seat_add_listener(s->seat, &seat_listener, s);
	LIST_INSERT_HEAD(seats, s, entry);
}

static void destroy_seat(struct xd_wl_seat *s)
{
	drop_keyboard(s);
	drop_pointer(s);
	drop_touch(s);
	xd_wl_grab_fini(&s->grabs);
	wl_seat_release(s->seat);
	LIST_REMOVE(s, entry);
	free(s);
}

void xd_wl_seat_remove(struct xd_wl_seats *seats, uint32_t number)
{
	struct xd_wl_seat *s;

	LIST_FOREACH(s, seats, entry) {
		if (s->name != number)
			continue;
		destroy_seat(s);
		return;
	}
}

void xd_wl_seats_fini(struct xd_wl_seats *seats)
{
	while (!LIST_EMPTY(seats))
		destroy_seat(LIST_FIRST(seats));
}

static void pair_keyboard(struct xd_wl_seat *s, struct wl_surface *wl_surface,
			  bool full)
{
	tell_locks(s);
	if (!full)
		xd_wl_grab_keys(&s->grabs, s->globals, s->seat, wl_surface);
}

static void pair_pointer(struct xd_wl_seat *s, struct wl_surface *wl_surface,
			 bool full)
{
	if (!full)
		ask_for_pointer(s, wl_surface);
	if (s->pointing != s->pointer_focus->input->kbds[XD_POINTER])
		tell_position(s);
}

void xd_wl_seats_pair(struct xd_wl_seats *seats, struct wl_surface *wl_surface,
		      bool full)
{
	const struct xd_wl_surface *w = find_surface(wl_surface);
	struct xd_wl_seat *s;

	LIST_FOREACH(s, seats, entry) {
		if (s->keyboard_focus == w)
			pair_keyboard(s, wl_surface, full);
		if (s->pointer_focus == w)
			pair_pointer(s, wl_surface, full);
	}
}

void xd_wl_seats_forget(struct xd_wl_seats *seats, struct xd_wl_surface *w)
{
	struct xd_wl_seat *s;
	unsigned int i;

	LIST_FOREACH(s, seats, entry) {
		if (s->keyboard_focus == w)
			s->keyboard_focus = NULL;
		if (s->pointer_focus == w)
			s->pointer_focus = NULL;
		for (i = 0; i < FINGERS; i++)
			if (s->fingers[i].surface == w)
				s->fingers[i].surface = NULL;
		xd_wl_grab_forget(&s->grabs, w);
	}
	if (w->input)
		xd_input_release(w->input, XD_INPUT_ALL);
}
