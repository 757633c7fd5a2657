// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "common/container_of.h"
#include "input.h"
#include "vkb/kbd.h"

#define CLICK 120
#define FAR 0x10000 /* more than any screen is wide */
/* between two looks at a full page for the room that owed events need */
#define RETRY_DELAY (100 * XDC_NS_PER_MS)

static int32_t clamp_int(int32_t v, int32_t min, int32_t max)
{
	return v < min ? min : v > max ? max : v;
}

static bool is_button(uint32_t code)
{
	return code >= BTN_LEFT && code <= BTN_TASK;
}

/* They are this domain's, and would switch the guest off as well */
bool xd_input_is_power_key(uint32_t code)
{
	return code == KEY_POWER || code == KEY_POWER2 || code == KEY_SLEEP ||
	       code == KEY_SUSPEND || code == KEY_RESTART;
}

bool xd_input_is_modifier(uint32_t code)
{
	return code == KEY_LEFTSHIFT || code == KEY_RIGHTSHIFT ||
	       code == KEY_LEFTCTRL || code == KEY_RIGHTCTRL ||
	       code == KEY_LEFTALT || code == KEY_RIGHTALT ||
	       code == KEY_LEFTMETA || code == KEY_RIGHTMETA;
}

static unsigned int lock_of(uint32_t code)
{
	return code == KEY_CAPSLOCK	? XD_LOCK_CAPS
	       : code == KEY_NUMLOCK	? XD_LOCK_NUM
	       : code == KEY_SCROLLLOCK ? XD_LOCK_SCROLL
					: 0;
}

/*
 * Linux's frontend logs an error about other codes.  It looks up a key first
 * among its pointer's buttons, and otherwise passes it to its keyboard, without
 * a check for NULL: a key would crash a guest that lacks one of the two
 * devices.
 */
static bool is_supported(const struct xd_kbd *k, uint32_t code)
{
	if (!k->pointer || xd_input_is_power_key(code))
		return false;
	if (is_button(code))
		return true;
	return k->keyboard && ((code >= KEY_ESC && code < KEY_UNKNOWN) ||
			       (code >= KEY_OK && code < KEY_MAX));
}

bool xd_kbd_has(const struct xd_kbd *k, enum xd_kind kind)
{
	switch (kind) {
	case XD_KEYS:
		return is_supported(k, KEY_A);
	case XD_POINTER:
		return k->pointer;
	default:
		return k->nr_contacts;
	}
}

/* ---- events ---- */

static bool send_event(struct xd_kbd *k, const union xenkbd_in_event *e)
{
	if (!xd_kbd_ring_put(&k->ring, e))
		return false;
	k->sent++;
	return true;
}

static bool send_key(struct xd_kbd *k, uint32_t code, bool pressed)
{
	union xenkbd_in_event e;

	memset(&e, 0, sizeof(e));
	e.key.type = XENKBD_TYPE_KEY;
	e.key.pressed = pressed;
	e.key.keycode = code;
	return send_event(k, &e);
}

static bool send_motion(struct xd_kbd *k, int32_t dx, int32_t dy, int32_t dz)
{
	union xenkbd_in_event e;

	memset(&e, 0, sizeof(e));
	e.motion.type = XENKBD_TYPE_MOTION;
	e.motion.rel_x = dx;
	e.motion.rel_y = dy;
	e.motion.rel_z = dz;
	return send_event(k, &e);
}

/*
 * Pixel @v of @pixels as a coordinate from 0 to @max, inclusive.  The guest
 * divides a coordinate by their number, max + 1, and rounds down: returns the
 * first coordinate that it maps to the same pixel.
 */
static int32_t scale_coordinate(int32_t v, uint32_t pixels, uint32_t max)
{
	uint64_t at = ((uint64_t)v * ((uint64_t)max + 1) + pixels - 1) / pixels;

	return (int32_t)(at < max ? at : max);
}

static bool send_position(struct xd_kbd *k, int32_t dz)
{
	const struct xd_input *own = k->own[XD_POINTER];
	union xenkbd_in_event e;

	memset(&e, 0, sizeof(e));
	e.pos.type = XENKBD_TYPE_POS;
	if (own) {
		e.pos.abs_x = scale_coordinate(k->x, own->width, k->max_x);
		e.pos.abs_y = scale_coordinate(k->y, own->height, k->max_y);
	}
	e.pos.rel_z = dz;
	return send_event(k, &e);
}

static bool send_touch(struct xd_kbd *k, uint8_t type, uint8_t contact,
		       int32_t x, int32_t y)
{
	const struct xd_input *own = k->own[XD_TOUCH];
	union xenkbd_in_event e;

	memset(&e, 0, sizeof(e));
	e.mtouch.type = XENKBD_TYPE_MTOUCH;
	e.mtouch.event_type = type;
	e.mtouch.contact_id = contact;
	if (type == XENKBD_MT_EV_DOWN || type == XENKBD_MT_EV_MOTION) {
		e.mtouch.u.pos.abs_x =
			scale_coordinate(x, own->width, k->touch_max_x);
		e.mtouch.u.pos.abs_y =
			scale_coordinate(y, own->height, k->touch_max_y);
	}
	k->last_contact = contact;
	return send_event(k, &e);
}

static bool send_frame(struct xd_kbd *k)
{
	return send_touch(k, XENKBD_MT_EV_SYN, k->last_contact, 0, 0);
}

/* ---- owed events ---- */

static bool is_owed(const struct xd_held *h)
{
	return h->told && !h->down;
}

static void clear_owed(struct xd_kbd *k, struct xd_held *h)
{
	h->told = false;
	k->owed--;
}

static void clear_moved(struct xd_kbd *k)
{
	k->moved = false;
	k->moved_x = k->moved_y = 0;
}

static bool send_moved(struct xd_kbd *k)
{
	if (k->absolute)
		return send_position(k, 0);
	return send_motion(k, k->moved_x, k->moved_y, 0);
}

/* false if the guest has no room for all of them */
static bool send_owed_events(struct xd_kbd *k)
{
	unsigned int i;

	for (i = 0; k->owed && i < KEY_CNT; i++) {
		if (!is_owed(&k->keys[i]))
			continue;
		if (!send_key(k, i, false))
			return false;
		clear_owed(k, &k->keys[i]);
	}
	for (i = 0; k->owed && i < XD_CONTACTS_MAX; i++) {
		if (!is_owed(&k->contacts[i].held))
			continue;
		if (!send_touch(k, XENKBD_MT_EV_UP, (uint8_t)i, 0, 0))
			return false;
		clear_owed(k, &k->contacts[i].held);
	}
	if (k->frame_owed && !send_frame(k))
		return false;
	k->frame_owed = false;
	if (k->moved && !send_moved(k))
		return false;
	clear_moved(k);
	return true;
}

/*
 * Sends owed events; false if the guest has no room for all of them.  The protocol
 * asks no frontend to notify when it has read the page, and some do not: the page is
 * looked at again, or a key could stay pressed for ever.
 */
static bool send_owed(struct xd_kbd *k)
{
	if (send_owed_events(k)) {
		xdc_timer_at(&k->retry, 0);
		return true;
	}
	if (!k->retry.at)
		xdc_timer_in(&k->retry, RETRY_DELAY);
	return false;
}

void xd_kbd_pay(struct xd_kbd *k)
{
	send_owed(k);
}

static void retry_fired(struct xdc_timer *t)
{
	xd_kbd_pay(container_of(t, struct xd_kbd, retry));
}

void xd_kbd_init(struct xd_kbd *k, struct xdc_loop *loop)
{
	xdc_timer_init(loop, &k->retry, retry_fired);
}

/* Owed events go first: a new event must not overtake them */
static bool can_send(struct xd_kbd *k)
{
	if (send_owed(k))
		return true;
	k->dropped++;
	return false;
}

static void count_dropped(struct xd_kbd *k, bool sent)
{
	if (!sent)
		k->dropped++;
}

static void owe_release(struct xd_kbd *k, struct xd_held *h)
{
	h->down = false;
	h->told = true;
	k->owed++;
}

void xd_kbd_start(struct xd_kbd *k, bool rejoined)
{
	unsigned int i;

	memset(k->keys, 0, sizeof(k->keys));
	memset(k->contacts, 0, sizeof(k->contacts));
	k->owed = 0;
	k->touched = k->frame_owed = false;
	k->placed = false;
	clear_moved(k);
	k->x = k->y = k->wheel = 0;
	k->locks = 0;
	k->locks_known = !rejoined;
	if (!rejoined)
		return;
	/* a daemon that was killed may have left any key pressed */
	for (i = 0; i < KEY_CNT; i++)
		if (is_supported(k, i))
			owe_release(k, &k->keys[i]);
	for (i = 0; i < k->nr_contacts; i++)
		owe_release(k, &k->contacts[i].held);
	k->frame_owed = k->nr_contacts;
	send_owed(k);
}

/* ---- calls of event sources ---- */

static void press_key(struct xd_kbd *k, uint32_t code)
{
	struct xd_held *h = &k->keys[code];

	if (h->down)
		return;
	if (h->told) {
		/* the guest has not seen the release: nothing to send */
		h->down = true;
		k->owed--;
		return;
	}
	if (!can_send(k))
		return;
	h->down = h->told = send_key(k, code, true);
	count_dropped(k, h->told);
	if (h->told)
		k->locks ^= lock_of(code);
}

static void release_key(struct xd_kbd *k, uint32_t code)
{
	struct xd_held *h = &k->keys[code];

	if (!h->down)
		return;
	owe_release(k, h);
	send_owed(k);
}

/* Types a lock key, unless the user holds it at this moment */
static void type_lock(struct xd_kbd *k, uint32_t code)
{
	if (k->keys[code].down)
		return;
	press_key(k, code);
	release_key(k, code);
}

unsigned int xd_input_locks(const struct xd_input *in)
{
	const struct xd_kbd *k = in->kbds[XD_KEYS];

	return k ? k->locks : 0;
}

void xd_input_set_locks(struct xd_input *in, unsigned int locks)
{
	struct xd_kbd *k = in->kbds[XD_KEYS];
	unsigned int wrong;

	if (!k || !in->follow_locks || !is_supported(k, KEY_CAPSLOCK))
		return;
	wrong = (k->locks ^ locks) & (XD_LOCK_CAPS | XD_LOCK_NUM);
	if (!k->locks_known) {
		/* as they were in step before, they still are */
		k->locks ^= wrong;
		k->locks_known = true;
		return;
	}
	if (wrong & XD_LOCK_CAPS)
		type_lock(k, KEY_CAPSLOCK);
	if (wrong & XD_LOCK_NUM)
		type_lock(k, KEY_NUMLOCK);
}

void xd_input_key(struct xd_input *in, uint32_t code, bool pressed)
{
	struct xd_kbd *k = in->kbds[is_button(code) ? XD_POINTER : XD_KEYS];

	if (!k || code >= KEY_CNT || !is_supported(k, code))
		return;
	if (pressed)
		press_key(k, code);
	else
		release_key(k, code);
}

bool xd_input_is_relative(const struct xd_input *in)
{
	const struct xd_kbd *k = in->kbds[XD_POINTER];

	return k && !k->absolute;
}

/* Motions add up while the guest has no room */
static void add_motion(struct xd_kbd *k, int32_t dx, int32_t dy)
{
	if (!dx && !dy)
		return;
	k->moved_x = clamp_int(k->moved_x + dx, -FAR, FAR);
	k->moved_y = clamp_int(k->moved_y + dy, -FAR, FAR);
	k->moved = true;
	send_owed(k);
}

static void set_position(struct xd_input *in, int32_t x, int32_t y)
{
	struct xd_kbd *k = in->kbds[XD_POINTER];

	k->x = clamp_int(x, 0, (int32_t)in->width - 1);
	k->y = clamp_int(y, 0, (int32_t)in->height - 1);
	k->placed = true;
}

void xd_input_motion(struct xd_input *in, int32_t dx, int32_t dy)
{
	struct xd_kbd *k = in->kbds[XD_POINTER];

	if (!k || !k->pointer)
		return;
	dx = clamp_int(dx, -FAR, FAR);
	dy = clamp_int(dy, -FAR, FAR);
	if (k->absolute)
		xd_input_position(in, k->x + dx, k->y + dy);
	else
		add_motion(k, dx, dy);
}

void xd_input_position(struct xd_input *in, int32_t x, int32_t y)
{
	struct xd_kbd *k = in->kbds[XD_POINTER];
	int32_t was_x, was_y;
	bool placed;

	if (!k || !k->pointer)
		return;
	/* a position on another screen would look like one on its own */
	if (k->absolute && in != k->own[XD_POINTER])
		return;
	was_x = k->x;
	was_y = k->y;
	placed = k->placed;
	set_position(in, x, y);
	if (k->absolute) {
		k->moved = true;
		send_owed(k);
	} else if (placed) {
		add_motion(k, k->x - was_x, k->y - was_y);
	}
}

void xd_input_wheel(struct xd_input *in, int32_t v120)
{
	struct xd_kbd *k = in->kbds[XD_POINTER];
	int32_t clicks;

	if (!k || !k->pointer)
		return;
	k->wheel += clamp_int(v120, -FAR, FAR);
	clicks = k->wheel / CLICK;
	k->wheel -= clicks * CLICK;
	if (clicks && can_send(k))
		count_dropped(k, k->absolute ? send_position(k, clicks)
					     : send_motion(k, 0, 0, clicks));
}

static struct xd_contact *find_contact(struct xd_kbd *k, int32_t id)
{
	unsigned int i;

	for (i = 0; i < k->nr_contacts; i++)
		if (k->contacts[i].held.down && k->contacts[i].id == id)
			return &k->contacts[i];
	return NULL;
}

static struct xd_contact *free_contact(struct xd_kbd *k)
{
	unsigned int i;

	for (i = 0; i < k->nr_contacts; i++)
		if (!k->contacts[i].held.down && !k->contacts[i].held.told)
			return &k->contacts[i];
	return NULL;
}

void xd_input_touch(struct xd_input *in, enum xd_touch what, int32_t id,
		    int32_t x, int32_t y)
{
	struct xd_kbd *k = in->kbds[XD_TOUCH];
	struct xd_contact *c;
	uint8_t n;

	if (!k || in != k->own[XD_TOUCH] || !k->nr_contacts)
		return;
	k->touched = true;
	c = find_contact(k, id);
	if (what == XD_TOUCH_UP) {
		if (c) {
			owe_release(k, &c->held);
			send_owed(k);
		}
		return;
	}
	if (!can_send(k))
		return;
	x = clamp_int(x, 0, (int32_t)in->width - 1);
	y = clamp_int(y, 0, (int32_t)in->height - 1);
	if (what == XD_TOUCH_DOWN && !c) {
		c = free_contact(k);
		if (!c) {
			k->dropped++;
			return;
		}
		n = (uint8_t)(c - k->contacts);
		c->id = id;
		c->held.down = c->held.told =
			send_touch(k, XENKBD_MT_EV_DOWN, n, x, y);
		count_dropped(k, c->held.told);
	} else if (c) {
		n = (uint8_t)(c - k->contacts);
		count_dropped(k, send_touch(k, XENKBD_MT_EV_MOTION, n, x, y));
	}
}

void xd_input_touch_frame(struct xd_input *in)
{
	struct xd_kbd *k = in->kbds[XD_TOUCH];

	if (!k || in != k->own[XD_TOUCH] || !k->touched)
		return;
	k->touched = false;
	k->frame_owed = true;
	send_owed(k);
}

void xd_kbd_release(struct xd_kbd *k, unsigned int what)
{
	unsigned int i;

	for (i = 0; i < KEY_CNT; i++)
		if (what & (is_button(i) ? XD_INPUT_POINTER : XD_INPUT_KEYS))
			release_key(k, i);
	if (what & XD_INPUT_POINTER) {
		/* the distance to where the pointer returns is not a motion */
		if (!k->absolute)
			k->placed = false;
		clear_moved(k);
		k->wheel = 0;
	}
	if (!(what & XD_INPUT_TOUCH))
		return;
	for (i = 0; i < k->nr_contacts; i++) {
		if (!k->contacts[i].held.down)
			continue;
		owe_release(k, &k->contacts[i].held);
		k->frame_owed = true;
	}
	send_owed(k);
}

void xd_input_release(struct xd_input *in, unsigned int what)
{
	unsigned int kind;

	for (kind = 0; kind < XD_KINDS; kind++)
		if (in->kbds[kind] && what & 1U << kind)
			xd_kbd_release(in->kbds[kind], 1U << kind);
}
