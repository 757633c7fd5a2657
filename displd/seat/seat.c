// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon.h"
#include "guest.h"
#include "vdispl/frontend.h"
#include "seat/seat.h"

#define SCREENS 16
/* room for a guest's name, and for an id of XD_ID_MAX */
#define NAME_LEN 160

/* Which screen of which guest it is, also when it was away in the meantime */
struct identity {
	uint64_t guest; /* xd_guest.serial; 0: no screen */
	char name[NAME_LEN]; /* of the guest */
	char where[160]; /* with the card, as others may have such a connector */
};

/* A screen's place in the row */
struct place {
	struct xd_input *in;
	char connector[32];
	struct identity id;
	double left, width, height; /* in pixels of the mode */
};

struct finger {
	bool down;
	int32_t id;
	struct xd_input *in;
};

struct xd_seat {
	struct xd_daemon *daemon;
	struct place places[SCREENS];
	unsigned int nr;
	struct place *focus; /* NULL: no screen has it */
	struct identity last; /* of the screen that had it last */
	double x, y; /* of the pointer, on the screen with the focus */
	double wheel; /* remainder, less than a 120th */
	double raw_x, raw_y; /* remainders, less than a pixel */
	unsigned int buttons; /* number of pressed buttons */
	uint32_t switch_key;
	bool told_unheard; /* that no guest receives the keys */
	uint8_t held[KEY_RIGHTMETA + 1]; /* keyboards that hold a modifier */
	unsigned int locks; /* shown by the LEDs */
	void (*locks_changed)(void *user, unsigned int locks);
	void *locks_user;
	struct finger fingers[XD_SEAT_FINGERS];
};

/* ---- the row ---- */

static int compare_places(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	return strcmp(p->connector, q->connector);
}

/*
 * A driver domain knows a guest's number alone, which is another one when the guest
 * has started again.  What the configuration knows the screen by stays, if the
 * toolstack has written it.
 */
static void name_guest(struct identity *id, const struct xd_connector *c)
{
	const struct xd_guest *g = c->screen.guest;
	char number[16];

	snprintf(number, sizeof(number), "%u", g->domid);
	if (c->screen.policy.by_id && !strcmp(g->name, number))
		snprintf(id->name, sizeof(id->name), "[connector %s]",
			 c->unique_id);
	else
		snprintf(id->name, sizeof(id->name), "%s", g->name);
}

/* A guest that started again has its name, and one that was renamed its serial number */
static bool is_same(const struct identity *a, const struct identity *b)
{
	return (a->guest == b->guest || !strcmp(a->name, b->name)) &&
	       !strcmp(a->where, b->where);
}

static void add_screen(struct xd_seat *s, struct xd_connector *c)
{
	struct xd_screen *screen = &c->screen;
	const struct xd_output *o = screen->output;
	struct place *p = &s->places[s->nr];
	uint32_t w, h;

	if (!o || !o->ops->connector || !screen->policy.input ||
	    s->nr == SCREENS)
		return;
	o->ops->describe(o, p->id.where, sizeof(p->id.where), &w, &h);
	if (!w || !h)
		return;
	p->in = &screen->input;
	snprintf(p->connector, sizeof(p->connector), "%s",
		 o->ops->connector(o));
	p->id.guest = screen->guest->serial;
	name_guest(&p->id, c);
	p->width = w;
	p->height = h;
	s->nr++;
}

static struct place *find_place(struct xd_seat *s, const struct xd_input *in)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		if (s->places[i].in == in)
			return &s->places[i];
	return NULL;
}

static void show_locks(struct xd_seat *s)
{
	unsigned int locks = s->focus ? xd_input_locks(s->focus->in) : 0;

	if (locks == s->locks)
		return;
	s->locks = locks;
	if (s->locks_changed)
		s->locks_changed(s->locks_user, locks);
}

/* The screen with the focus is another one, or its input device is */
static void enter_focus(struct xd_seat *s)
{
	uint32_t code;

	s->told_unheard = s->told_unheard && !s->focus;
	for (code = 0; s->focus && code < sizeof(s->held); code++)
		if (s->held[code] && code != s->switch_key)
			xd_input_key(s->focus->in, code, true);
	show_locks(s);
}

static void move_focus(struct xd_seat *s, struct place *to)
{
	if (s->focus == to)
		return;
	if (s->focus)
		xd_input_release(s->focus->in,
				 XD_INPUT_KEYS | XD_INPUT_POINTER);
	s->focus = to;
	enter_focus(s);
}

static void keep_inside(struct xd_seat *s)
{
	s->x = fmax(0, fmin(s->x, s->focus->width - 1));
	s->y = fmax(0, fmin(s->y, s->focus->height - 1));
}

/* Whether @in belongs to a screen that exists */
static bool is_connected(const struct xd_seat *s, const struct xd_input *in)
{
	const struct xd_frontend *f;
	unsigned int i;

	LIST_FOREACH(f, &s->daemon->frontends, link)
		for (i = 0; i < f->nr_connectors; i++)
			if (&f->connectors[i].screen.input == in)
				return true;
	return false;
}

static void center_pointer(struct xd_seat *s)
{
	s->x = s->focus->width / 2;
	s->y = s->focus->height / 2;
}

/*
 * The next focus after screens have changed.  Keys meant for a removed screen
 * must not reach another guest, which may connect again at any time, and to the
 * connector that is free now: only the first focus of all, and a removed screen's
 * when it is back with its guest, need no action of the user.
 */
static void find_focus(struct xd_seat *s, const struct xd_input *had)
{
	unsigned int i;

	s->focus = find_place(s, had);
	for (i = 0; !s->focus && i < s->nr; i++) {
		if (s->last.guest && !is_same(&s->last, &s->places[i].id))
			continue;
		s->focus = &s->places[i];
		center_pointer(s);
	}
	if (s->focus)
		keep_inside(s);
}

void xd_seat_changed(struct xd_seat *s)
{
	struct xd_frontend *f;
	struct xd_input *had;
	unsigned int i;
	double left = 0;

	if (!s)
		return;
	had = s->focus ? s->focus->in : NULL;
	if (s->focus)
		s->last = s->focus->id;
	s->nr = 0;
	LIST_FOREACH(f, &s->daemon->frontends, link)
		for (i = 0; i < f->nr_connectors; i++)
			add_screen(s, &f->connectors[i]);
	qsort(s->places, s->nr, sizeof(s->places[0]), compare_places);
	for (i = 0; i < s->nr; i++) {
		s->places[i].left = left;
		left += s->places[i].width;
	}
	for (i = 0; i < XD_SEAT_FINGERS; i++)
		if (!find_place(s, s->fingers[i].in))
			s->fingers[i].down = false;
	/* the screen remains, but its output is not on a card any more */
	if (had && !find_place(s, had) && is_connected(s, had))
		xd_input_release(had, XD_INPUT_ALL);
	find_focus(s, had);
	enter_focus(s);
}

static struct place *find_connector(struct xd_seat *s, const char *connector)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		if (!strcmp(s->places[i].connector, connector))
			return &s->places[i];
	return NULL;
}

/* The screen at column @x of the row; @x becomes the column of that screen */
static struct place *find_column(struct xd_seat *s, double *x)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		struct place *p = &s->places[i];

		if (*x < p->left + p->width || i == s->nr - 1) {
			*x -= p->left;
			return p;
		}
	}
	return NULL;
}

/* The screen and pixel at @x, @y (from 0 to 1) of a device's area */
static struct place *locate_point(struct xd_seat *s, const char *connector,
				  double *x, double *y)
{
	const struct place *last;
	struct place *p;

	if (!s->nr)
		return NULL;
	if (connector) {
		p = find_connector(s, connector);
		if (!p)
			return NULL;
		*x *= p->width;
	} else {
		last = &s->places[s->nr - 1];
		*x *= last->left + last->width;
		p = find_column(s, x);
	}
	*y *= p->height;
	return p;
}

/* ---- keys and pointer ---- */

static bool is_button(uint32_t code)
{
	return code >= BTN_LEFT && code <= BTN_TASK;
}

static void send_position(struct xd_seat *s)
{
	xd_input_position(s->focus->in, (int32_t)s->x, (int32_t)s->y);
}

static void focus_next(struct xd_seat *s)
{
	struct place *next = s->focus ? s->focus + 1 : s->places;

	if (!s->nr)
		return;
	if (next == s->places + s->nr)
		next = s->places;
	move_focus(s, next);
	center_pointer(s);
}

static void count_held(struct xd_seat *s, uint32_t code, bool pressed)
{
	/* a button that switches holds nothing */
	if (is_button(code) && code == s->switch_key)
		return;
	if (is_button(code)) {
		if (pressed)
			s->buttons++;
		else if (s->buttons)
			s->buttons--;
	} else if (xd_input_is_modifier(code)) {
		if (pressed && s->held[code] < UINT8_MAX)
			s->held[code]++;
		else if (!pressed && s->held[code])
			s->held[code]--;
	}
}

/* With a keyboard alone, nothing would ever select a screen */
static void warn_unheard(struct xd_seat *s)
{
	if (!s->nr || s->switch_key || s->told_unheard)
		return;
	s->told_unheard = true;
	xdc_log(XDC_WARNING,
		"no guest receives the keys, as the one that had them is not back on its screen. Try: move the pointer, touch a screen, or set switch-key in xen-displd.conf(5)");
}

void xd_seat_key(struct xd_seat *s, uint32_t code, bool pressed)
{
	count_held(s, code, pressed);
	if (s->switch_key && code == s->switch_key) {
		if (pressed && !s->buttons)
			focus_next(s);
	} else if (s->focus) {
		xd_input_key(s->focus->in, code, pressed);
		show_locks(s);
	} else if (pressed && !is_button(code)) {
		warn_unheard(s);
	}
}

static void send_motion(struct xd_seat *s, double dx, double dy)
{
	double x, y;

	s->raw_x = modf(s->raw_x + dx, &x);
	s->raw_y = modf(s->raw_y + dy, &y);
	xd_input_motion(s->focus->in, (int32_t)x, (int32_t)y);
}

void xd_seat_motion(struct xd_seat *s, double dx, double dy, double raw_dx,
		    double raw_dy)
{
	struct place *p;
	double x;

	if (!s->focus)
		focus_next(s);
	if (!s->focus)
		return;
	x = s->focus->left + s->x + dx;
	s->y += dy;
	p = find_column(s, &x);
	if (s->buttons || p == s->focus) {
		s->x += dx;
	} else {
		move_focus(s, p);
		s->x = x;
	}
	keep_inside(s);
	if (xd_input_is_relative(s->focus->in))
		send_motion(s, raw_dx, raw_dy);
	else
		send_position(s);
}

void xd_seat_position(struct xd_seat *s, const char *connector, double x,
		      double y)
{
	struct place *p = locate_point(s, connector, &x, &y);

	if (!p)
		return;
	if (s->focus && p != s->focus && s->buttons)
		x += p->left - s->focus->left;
	else
		move_focus(s, p);
	s->x = x;
	s->y = y;
	keep_inside(s);
	send_position(s);
}

void xd_seat_wheel(struct xd_seat *s, double v120)
{
	double whole;

	s->wheel = modf(s->wheel + v120, &whole);
	if (s->focus)
		xd_input_wheel(s->focus->in, (int32_t)whole);
}

/* ---- touch ---- */

static struct finger *find_finger(struct xd_seat *s, bool down, int32_t id)
{
	unsigned int i;

	for (i = 0; i < XD_SEAT_FINGERS; i++) {
		struct finger *f = &s->fingers[i];

		if (f->down == down && (!down || f->id == id))
			return f;
	}
	return NULL;
}

void xd_seat_touch(struct xd_seat *s, const char *connector, enum xd_touch what,
		   int32_t id, double x, double y)
{
	struct finger *f = find_finger(s, true, id);
	struct place *p, *home;

	if (what == XD_TOUCH_UP) {
		if (f)
			xd_input_touch(f->in, what, id, 0, 0);
		if (f)
			f->down = false;
		return;
	}
	p = locate_point(s, connector, &x, &y);
	if (!p)
		return;
	if (what == XD_TOUCH_DOWN && !f) {
		f = find_finger(s, false, 0);
		if (!f)
			return;
		f->down = true;
		f->id = id;
		f->in = p->in;
		/* the keys' focus follows the last touch */
		if (!s->buttons || !s->focus) {
			move_focus(s, p);
			keep_inside(s);
		}
	}
	if (!f)
		return;
	home = find_place(s, f->in);
	if (!home)
		return;
	x += p->left - home->left;
	xd_input_touch(f->in, what, id, (int32_t)x, (int32_t)y);
}

void xd_seat_touch_frame(struct xd_seat *s)
{
	unsigned int i;

	/* has no effect on screens without touches */
	for (i = 0; i < s->nr; i++)
		xd_input_touch_frame(s->places[i].in);
}

/* ---- the seat itself ---- */

int xd_seat_create(struct xd_daemon *d, const struct xd_seat *former,
		   struct xd_seat **out)
{
	struct xd_seat *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->daemon = d;
	if (former)
		s->last = former->focus ? former->focus->id : former->last;
	xd_seat_changed(s);
	*out = s;
	return 0;
}

void xd_seat_destroy(struct xd_seat *s)
{
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < s->nr; i++)
		xd_input_release(s->places[i].in, XD_INPUT_ALL);
	free(s);
}

void xd_seat_switch_key(struct xd_seat *s, uint32_t code)
{
	s->switch_key = code;
}

void xd_seat_watch_locks(struct xd_seat *s,
			 void (*changed)(void *user, unsigned int locks),
			 void *user)
{
	s->locks_changed = changed;
	s->locks_user = user;
	if (changed)
		changed(user, s->locks);
}

const struct xd_input *xd_seat_focus(const struct xd_seat *s)
{
	return s && s->focus ? s->focus->in : NULL;
}
