// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which input device of a guest is which connector's:
 * the one with the connector's unique-id; and for connectors without such a
 * one the first device that is no other's.  Of these, the first connector has
 * the device for its own: positions on the others would mean nothing to the
 * guest, but keys do.
 */
#include <stdio.h>
#include <string.h>

#include "common/store.h"
#include "daemon.h"
#include "vdispl/frontend.h"
#include "vkb/connect.h"
#include "vkb/input.h"
#include "vkb/kbd.h"
#include "pair.h"
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

	LIST_FOREACH(k, &d->kbds, link)
	if (usable(k, g) && same_id(k, c))
		best = lower(best, k);
	return best;
}

static bool is_named(const struct xd_daemon *d, const struct xd_guest *g,
		     const struct xd_kbd *k)
{
	const struct xd_frontend *f;
	unsigned int i;

	LIST_FOREACH(f, &d->frontends, link)
	for (i = 0; f->guest == g && i < f->nr_connectors; i++)
		if (same_id(k, &f->connectors[i]))
			return true;
	return false;
}

static struct xd_kbd *spare(const struct xd_daemon *d, const struct xd_guest *g)
{
	struct xd_kbd *k, *best = NULL;

	LIST_FOREACH(k, &d->kbds, link)
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

void xd_pair_inputs(struct xd_daemon *d, struct xd_guest *g)
{
	struct xd_frontend *f;
	struct xd_kbd *k, *other = spare(d, g);
	unsigned int i;

	LIST_FOREACH(k, &d->kbds, link)
	{
		if (!usable(k, g))
			continue;
		xd_kbd_release(k, XD_INPUT_ALL);
		k->own = NULL;
	}
	LIST_FOREACH(f, &d->frontends, link)
	{
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

/* ---- sizes ---- */

/* Connector @index of the guest's display @f, as its configuration has it */
static int connector_size(struct xd_frontend *f, unsigned int index,
			  char *unique_id, uint32_t len, uint32_t *w,
			  uint32_t *h)
{
	char dir[80], size[32];
	int err;

	snprintf(dir, sizeof(dir), "%s/%u", f->dev.fe_path, index);
	err = xdc_store_text(f->daemon->xs, dir, XENDISPL_FIELD_RESOLUTION,
			     size, sizeof(size));
	if (!err)
		err = xd_parse_resolution(size, w, h);
	if (!err && xdc_store_text(f->daemon->xs, dir, XENDISPL_FIELD_UNIQUE_ID,
				   unique_id, len))
		unique_id[0] = '\0';
	return err;
}

/* Of the connector that this device will belong to; or else of the first */
static int size_for(struct xd_kbd *k, uint32_t *w, uint32_t *h)
{
	struct xd_frontend *f;
	uint32_t cw, ch, first = UINT32_MAX;
	unsigned int i;
	char id[64];

	*w = *h = 0;
	LIST_FOREACH(f, &k->dev.daemon->frontends, link)
	{
		if (f->domid != k->dev.domid)
			continue;
		for (i = 0; i < XD_CONNECTORS_MAX; i++) {
			if (connector_size(f, i, id, sizeof(id), &cw, &ch))
				break;
			if (f->devid * XD_CONNECTORS_MAX + i < first) {
				first = f->devid * XD_CONNECTORS_MAX + i;
				*w = cw;
				*h = ch;
			}
			if (*id && !strcmp(id, k->unique_id)) {
				*w = cw;
				*h = ch;
				return 0;
			}
		}
	}
	return first == UINT32_MAX ? -ENOENT : 0;
}

void xd_pair_sizes(struct xd_daemon *d, uint16_t domid)
{
	struct xd_kbd *k;
	uint32_t w, h;

	LIST_FOREACH(k, &d->kbds, link)
	/* later its size would not be read, and mean something else */
	if (k->dev.domid == domid && xd_kbd_is_new(k) && !size_for(k, &w, &h))
		xd_kbd_offer(k, w, h);
}
