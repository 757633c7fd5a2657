// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which input device of a guest is which connector's:
 * the one with the connector's unique-id; and for connectors without such a
 * one the first device that is no other's.  Of these, the first connector has
 * the device for its own: positions on the others would mean nothing to the
 * guest, but keys do.
 */
#include <string.h>

#include "daemon.h"
#include "vdispl/frontend.h"
#include "vkb/kbd.h"
#include "seat/seat.h"

static bool same_id(const struct xd_kbd *k, const struct xd_connector *c)
{
	return *c->unique_id && !strcmp(k->unique_id, c->unique_id);
}

static bool usable(const struct xd_kbd *k, const struct xd_guest *g)
{
	return k->dev.connected && k->dev.guest == g;
}

/* Of two, the one whose number is smaller; lists here are newest first */
static struct xd_kbd *lower(struct xd_kbd *a, struct xd_kbd *b)
{
	return !a || b->dev.devid < a->dev.devid ? b : a;
}

static struct xd_kbd *named(const struct xd_daemon *d, const struct xd_guest *g,
			    const struct xd_connector *c)
{
	struct xd_kbd *k, *best = NULL;

	for (k = d->kbds; k; k = k->next)
		if (usable(k, g) && same_id(k, c))
			best = lower(best, k);
	return best;
}

static bool is_named(const struct xd_daemon *d, const struct xd_guest *g,
		     const struct xd_kbd *k)
{
	const struct xd_frontend *f;
	unsigned int i;

	for (f = d->frontends; f; f = f->next)
		for (i = 0; f->guest == g && i < f->nr_connectors; i++)
			if (same_id(k, &f->connectors[i]))
				return true;
	return false;
}

static struct xd_kbd *spare(const struct xd_daemon *d, const struct xd_guest *g)
{
	struct xd_kbd *k, *best = NULL;

	for (k = d->kbds; k; k = k->next)
		if (usable(k, g) && !is_named(d, g, k))
			best = lower(best, k);
	return best;
}

static void pair(struct xd_kbd *k, struct xd_frontend *f, unsigned int index)
{
	struct xd_input *in = &f->connectors[index].screen.input;
	unsigned int rank = f->devid * XD_CONNECTORS_MAX + index;

	in->kbd = k;
	if (k && (!k->own || rank < k->own_rank)) {
		k->own = in;
		k->own_rank = rank;
	}
}

void xd_input_changed(struct xd_daemon *d, struct xd_guest *g)
{
	struct xd_frontend *f;
	struct xd_kbd *k, *other = spare(d, g);
	unsigned int i;

	for (k = d->kbds; k; k = k->next) {
		if (!usable(k, g))
			continue;
		xd_kbd_release(k, XD_INPUT_ALL);
		k->own = NULL;
	}
	for (f = d->frontends; f; f = f->next) {
		if (f->guest != g)
			continue;
		for (i = 0; i < f->nr_connectors; i++) {
			const struct xd_connector *c = &f->connectors[i];

			k = named(d, g, c);
			pair(c->screen.policy.input ? k ? k : other : NULL, f,
			     i);
		}
	}
	xd_seat_changed(d->seat);
}
