// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connector gets the input device with its unique-id.  Connectors without
 * such a device share the guest's first device that has no connector's
 * unique-id.  The first connector of a device owns it: positions on the others
 * would mean nothing to the guest, but keys do.
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

static bool has_same_id(const struct xd_kbd *k, const struct xd_connector *c)
{
	return *c->unique_id && !strcmp(k->unique_id, c->unique_id);
}

static bool is_usable(const struct xd_kbd *k, const struct xd_guest *g)
{
	return k->dev.connected && k->dev.guest == g;
}

/* The device with the smaller number; lists are newest first */
static struct xd_kbd *pick_lower(struct xd_kbd *a, struct xd_kbd *b)
{
	return !a || b->dev.devid < a->dev.devid ? b : a;
}

static struct xd_kbd *find_named(const struct xd_daemon *d,
				 const struct xd_guest *g,
				 const struct xd_connector *c)
{
	struct xd_kbd *k, *best = NULL;

	LIST_FOREACH(k, &d->kbds, link)
		if (is_usable(k, g) && has_same_id(k, c))
			best = pick_lower(best, k);
	return best;
}

static bool is_named(const struct xd_daemon *d, const struct xd_guest *g,
		     const struct xd_kbd *k)
{
	const struct xd_frontend *f;
	unsigned int i;

	LIST_FOREACH(f, &d->frontends, link)
		for (i = 0; f->guest == g && i < f->nr_connectors; i++)
			if (has_same_id(k, &f->connectors[i]))
				return true;
	return false;
}

static struct xd_kbd *find_unnamed(const struct xd_daemon *d,
				   const struct xd_guest *g)
{
	struct xd_kbd *k, *best = NULL;

	LIST_FOREACH(k, &d->kbds, link)
		if (is_usable(k, g) && !is_named(d, g, k))
			best = pick_lower(best, k);
	return best;
}

static void assign_kbd(struct xd_kbd *k, struct xd_frontend *f,
		       unsigned int index)
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
	struct xd_kbd *k, *other = find_unnamed(d, g);
	unsigned int i;

	LIST_FOREACH(k, &d->kbds, link) {
		if (!is_usable(k, g))
			continue;
		xd_kbd_release(k, XD_INPUT_ALL);
		k->own = NULL;
	}
	LIST_FOREACH(f, &d->frontends, link) {
		if (f->guest != g)
			continue;
		for (i = 0; i < f->nr_connectors; i++) {
			const struct xd_connector *c = &f->connectors[i];

			k = find_named(d, g, c);
			assign_kbd(c->screen.policy.input ? k ? k : other
							  : NULL,
				   f, i);
		}
	}
	xd_seat_changed(d->seat);
}

/* ---- sizes ---- */

/*
 * Size and unique-id of connector @index of @f, from its directory in xenstore
 */
static int read_connector_size(struct xd_frontend *f, unsigned int index,
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

/* The size of the connector that @k will belong to, or else of the first one */
static int find_size(struct xd_kbd *k, uint32_t *w, uint32_t *h)
{
	struct xd_frontend *f;
	uint32_t cw, ch, first = UINT32_MAX;
	unsigned int i;
	char id[64];

	*w = *h = 0;
	LIST_FOREACH(f, &k->dev.daemon->frontends, link) {
		if (f->domid != k->dev.domid)
			continue;
		for (i = 0; i < XD_CONNECTORS_MAX; i++) {
			if (read_connector_size(f, i, id, sizeof(id), &cw, &ch))
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
		/* a guest that has read its sizes would misplace what comes later */
		if (k->dev.domid == domid && xd_kbd_is_new(k) &&
		    !find_size(k, &w, &h))
			xd_kbd_offer(k, w, h);
}
