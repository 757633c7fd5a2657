// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <unistd.h>
#include <wayland-client.h>

#include "output/wayland-seat.h"
#include "vkb/input.h"

#define FINGERS 16
/* a click of a wheel is said to be ten units */
#define UNIT_V120 12

struct finger {
	struct xd_wl_surface *window; /* NULL: this entry is free */
	int32_t id;
	bool news; /* since the last frame */
};

struct xd_wl_seat {
	LIST_ENTRY(xd_wl_seat) entry;
	uint32_t name; /* of the registry */
	struct wl_seat *seat;
	struct wl_keyboard *keyboard;
	struct wl_pointer *pointer;
	struct wl_touch *touch;
	struct xd_wl_surface *keys, *points; /* who has the focus */
	int32_t clicks, units; /* of the wheel, in this frame, times 120 */
	struct finger fingers[FINGERS];
};

/* A surface may be gone at our end, and its events still come */
static struct xd_wl_surface *window(struct wl_surface *surface)
{
	return surface ? wl_surface_get_user_data(surface) : NULL;
}

/* From the window's size to the guest's */
static int32_t scale(wl_fixed_t at, uint32_t shown, uint32_t size)
{
	if (!shown)
		return 0;
	return (int32_t)((int64_t)at * size / shown / 256);
}

static int32_t guest_x(const struct xd_wl_surface *w, wl_fixed_t x)
{
	return scale(x, w->shown_width, w->width);
}

static int32_t guest_y(const struct xd_wl_surface *w, wl_fixed_t y)
{
	return scale(y, w->shown_height, w->height);
}

/* ---- keyboard ---- */

static void keymap(void *data, struct wl_keyboard *k, uint32_t format,
		   int32_t fd, uint32_t size)
{
	/* the layout is the guest's business */
	close(fd);
}

static void keys_enter(void *data, struct wl_keyboard *k, uint32_t serial,
		       struct wl_surface *surface, struct wl_array *pressed)
{
	struct xd_wl_seat *s = data;

	/* what was pressed elsewhere is not meant for the guest */
	s->keys = window(surface);
}

static void keys_leave(void *data, struct wl_keyboard *k, uint32_t serial,
		       struct wl_surface *surface)
{
	struct xd_wl_seat *s = data;

	if (s->keys)
		xd_input_release(s->keys->input, XD_INPUT_KEYS);
	s->keys = NULL;
}

static void key(void *data, struct wl_keyboard *k, uint32_t serial,
		uint32_t time, uint32_t code, uint32_t state)
{
	struct xd_wl_seat *s = data;

	if (s->keys)
		xd_input_key(s->keys->input, code,
			     state == WL_KEYBOARD_KEY_STATE_PRESSED);
}

static void modifiers(void *data, struct wl_keyboard *k, uint32_t serial,
		      uint32_t depressed, uint32_t latched, uint32_t locked,
		      uint32_t group)
{
}

static void repeat_info(void *data, struct wl_keyboard *k, int32_t rate,
			int32_t delay)
{
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = keymap,
	.enter = keys_enter,
	.leave = keys_leave,
	.key = key,
	.modifiers = modifiers,
	.repeat_info = repeat_info,
};

/* ---- pointer ---- */

static void motion(void *data, struct wl_pointer *p, uint32_t time,
		   wl_fixed_t x, wl_fixed_t y)
{
	struct xd_wl_seat *s = data;
	struct xd_wl_surface *w = s->points;

	if (w)
		xd_input_position(w->input, guest_x(w, x), guest_y(w, y));
}

static void points_enter(void *data, struct wl_pointer *p, uint32_t serial,
			 struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct xd_wl_seat *s = data;

	s->points = window(surface);
	if (!s->points)
		return;
	/* a guest that listens draws a pointer of its own */
	if (s->points->input->kbd)
		wl_pointer_set_cursor(p, serial, NULL, 0, 0);
	motion(s, p, 0, x, y);
}

static void points_leave(void *data, struct wl_pointer *p, uint32_t serial,
			 struct wl_surface *surface)
{
	struct xd_wl_seat *s = data;

	if (s->points)
		xd_input_release(s->points->input, XD_INPUT_POINTER);
	s->points = NULL;
}

static void button(void *data, struct wl_pointer *p, uint32_t serial,
		   uint32_t time, uint32_t code, uint32_t state)
{
	struct xd_wl_seat *s = data;

	if (s->points)
		xd_input_key(s->points->input, code,
			     state == WL_POINTER_BUTTON_STATE_PRESSED);
}

static void axis(void *data, struct wl_pointer *p, uint32_t time, uint32_t axes,
		 wl_fixed_t value)
{
	struct xd_wl_seat *s = data;

	if (axes == WL_POINTER_AXIS_VERTICAL_SCROLL)
		s->units += value * UNIT_V120 / 256;
}

static void axis_discrete(void *data, struct wl_pointer *p, uint32_t axes,
			  int32_t clicks)
{
	struct xd_wl_seat *s = data;

	if (axes == WL_POINTER_AXIS_VERTICAL_SCROLL)
		s->clicks += clicks * 120;
}

static void axis_value120(void *data, struct wl_pointer *p, uint32_t axes,
			  int32_t v120)
{
	struct xd_wl_seat *s = data;

	if (axes == WL_POINTER_AXIS_VERTICAL_SCROLL)
		s->clicks += v120;
}

/* A wheel tells its clicks beside the units, a touchpad units alone */
static void pointer_frame(void *data, struct wl_pointer *p)
{
	struct xd_wl_seat *s = data;
	int32_t v120 = s->clicks ? s->clicks : s->units;

	if (v120 && s->points)
		xd_input_wheel(s->points->input, v120);
	s->clicks = s->units = 0;
}

static void axis_source(void *data, struct wl_pointer *p, uint32_t source)
{
}

static void axis_stop(void *data, struct wl_pointer *p, uint32_t time,
		      uint32_t axes)
{
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = points_enter,
	.leave = points_leave,
	.motion = motion,
	.button = button,
	.axis = axis,
	.frame = pointer_frame,
	.axis_source = axis_source,
	.axis_stop = axis_stop,
	.axis_discrete = axis_discrete,
	.axis_value120 = axis_value120,
};

/* ---- touch ---- */

static struct finger *finger(struct xd_wl_seat *s, int32_t id)
{
	unsigned int i;

	for (i = 0; i < FINGERS; i++)
		if (s->fingers[i].window && s->fingers[i].id == id)
			return &s->fingers[i];
	return NULL;
}

static void down(void *data, struct wl_touch *t, uint32_t serial, uint32_t time,
		 struct wl_surface *surface, int32_t id, wl_fixed_t x,
		 wl_fixed_t y)
{
	struct xd_wl_seat *s = data;
	struct xd_wl_surface *w = window(surface);
	unsigned int i;

	for (i = 0; i < FINGERS && s->fingers[i].window; i++)
		;
	if (!w || i == FINGERS)
		return;
	s->fingers[i] = (struct finger){ .window = w, .id = id, .news = true };
	xd_input_touch(w->input, XD_TOUCH_DOWN, id, guest_x(w, x),
		       guest_y(w, y));
}

static void up(void *data, struct wl_touch *t, uint32_t serial, uint32_t time,
	       int32_t id)
{
	struct xd_wl_seat *s = data;
	struct finger *f = finger(s, id);

	if (!f)
		return;
	xd_input_touch(f->window->input, XD_TOUCH_UP, id, 0, 0);
	/* now: it is in no frame after this one */
	xd_input_touch_frame(f->window->input);
	f->window = NULL;
}

static void touch_motion(void *data, struct wl_touch *t, uint32_t time,
			 int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	struct xd_wl_seat *s = data;
	struct finger *f = finger(s, id);

	if (!f)
		return;
	f->news = true;
	xd_input_touch(f->window->input, XD_TOUCH_MOTION, id,
		       guest_x(f->window, x), guest_y(f->window, y));
}

static void touch_frame(void *data, struct wl_touch *t)
{
	struct xd_wl_seat *s = data;
	struct xd_wl_surface *w;
	unsigned int i, j;

	for (i = 0; i < FINGERS; i++) {
		w = s->fingers[i].window;
		if (!w || !s->fingers[i].news)
			continue;
		for (j = i; j < FINGERS; j++)
			if (s->fingers[j].window == w)
				s->fingers[j].news = false;
		xd_input_touch_frame(w->input);
	}
}

static void cancel(void *data, struct wl_touch *t)
{
	struct xd_wl_seat *s = data;
	unsigned int i;

	for (i = 0; i < FINGERS; i++) {
		if (s->fingers[i].window)
			xd_input_release(s->fingers[i].window->input,
					 XD_INPUT_TOUCH);
		s->fingers[i].window = NULL;
	}
}

static void shape(void *data, struct wl_touch *t, int32_t id, wl_fixed_t major,
		  wl_fixed_t minor)
{
}

static void orientation(void *data, struct wl_touch *t, int32_t id,
			wl_fixed_t angle)
{
}

static const struct wl_touch_listener touch_listener = {
	.down = down,
	.up = up,
	.motion = touch_motion,
	.frame = touch_frame,
	.cancel = cancel,
	.shape = shape,
	.orientation = orientation,
};

/* ---- seats ---- */

static void drop_keyboard(struct xd_wl_seat *s)
{
	if (!s->keyboard)
		return;
	keys_leave(s, s->keyboard, 0, NULL);
	wl_keyboard_release(s->keyboard);
	s->keyboard = NULL;
}

static void drop_pointer(struct xd_wl_seat *s)
{
	if (!s->pointer)
		return;
	points_leave(s, s->pointer, 0, NULL);
	wl_pointer_release(s->pointer);
	s->pointer = NULL;
}

static void drop_touch(struct xd_wl_seat *s)
{
	if (!s->touch)
		return;
	cancel(s, s->touch);
	wl_touch_release(s->touch);
	s->touch = NULL;
}

static void capabilities(void *data, struct wl_seat *seat, uint32_t has)
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

static void name(void *data, struct wl_seat *seat, const char *text)
{
}

static const struct wl_seat_listener seat_listener = {
	.capabilities = capabilities,
	.name = name,
};

void xd_wl_seat_add(struct xd_wl_seats *seats, struct wl_registry *registry,
		    uint32_t number, uint32_t version)
{
	struct xd_wl_seat *s;

	/* wl_pointer.frame came with version 5; all else used here is older */
	if (version < 5)
		return;
	s = calloc(1, sizeof(*s));
	if (!s)
		return;
	s->name = number;
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
	wl_seat_release(s->seat);
	LIST_REMOVE(s, entry);
	free(s);
}

void xd_wl_seat_remove(struct xd_wl_seats *seats, uint32_t number)
{
	struct xd_wl_seat *s;

	LIST_FOREACH(s, seats, entry)
	{
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

void xd_wl_seats_forget(struct xd_wl_seats *seats, struct xd_wl_surface *w)
{
	struct xd_wl_seat *s;
	unsigned int i;

	LIST_FOREACH(s, seats, entry)
	{
		if (s->keys == w)
			s->keys = NULL;
		if (s->points == w)
			s->points = NULL;
		for (i = 0; i < FINGERS; i++)
			if (s->fingers[i].window == w)
				s->fingers[i].window = NULL;
	}
	if (w->input)
		xd_input_release(w->input, XD_INPUT_ALL);
}
