// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each kind of events of a connector goes to the input device whose unique-id
 * names the connector.  Connectors without such a device share the guest's
 * first device whose unique-id names no connector.  The first connector of a
 * device owns it: positions on the others would mean nothing to the guest, but
 * keys do.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/store.h"
#include "daemon.h"
#include "guest.h"
#include "vdispl/frontend.h"
#include "vkb/connect.h"
#include "vkb/id.h"
#include "input.h"
#include "vkb/kbd.h"
#include "pair.h"
#include "seat/seat.h"

#define SHOWN_ID 64

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
				 const struct xd_guest *g, enum xd_kind kind,
				 const struct xd_connector *c)
{
	struct xd_kbd *k, *best = NULL;

	LIST_FOREACH(k, &d->kbds, link)
		if (is_usable(k, g) && xd_kbd_has(k, kind) &&
		    xd_id_names(k->unique_id, kind, c->unique_id))
			best = pick_lower(best, k);
	return best;
}

static bool names_any(const struct xd_daemon *d, const struct xd_guest *g,
		      const struct xd_kbd *k, enum xd_kind kind)
{
	const struct xd_frontend *f;
	unsigned int i;

	LIST_FOREACH(f, &d->frontends, link)
		for (i = 0; f->guest == g && i < f->nr_connectors; i++)
			if (xd_id_names(k->unique_id, kind,
					f->connectors[i].unique_id))
				return true;
	return false;
}

static struct xd_kbd *find_unnamed(const struct xd_daemon *d,
				   const struct xd_guest *g, enum xd_kind kind)
{
	struct xd_kbd *k, *best = NULL;

	LIST_FOREACH(k, &d->kbds, link)
		if (is_usable(k, g) && xd_kbd_has(k, kind) &&
		    xd_id_has(k->unique_id, kind) && !names_any(d, g, k, kind))
			best = pick_lower(best, k);
	return best;
}

static void assign_kbd(struct xd_kbd *k, struct xd_input *in, enum xd_kind kind,
		       unsigned int rank)
{
	in->kbds[kind] = k;
	if (k && (!k->own[kind] || rank < k->own_rank[kind])) {
		k->own[kind] = in;
		k->own_rank[kind] = rank;
	}
}

static void pair_connector(struct xd_daemon *d, struct xd_frontend *f,
			   unsigned int index, struct xd_kbd *const *others)
{
	struct xd_connector *c = &f->connectors[index];
	struct xd_input *in = &c->screen.input;
	unsigned int kind;

	in->follow_locks = c->screen.policy.lock_keys;
	for (kind = 0; kind < XD_KINDS; kind++) {
		struct xd_kbd *k = find_named(d, f->guest, kind, c);

		if (!k)
			k = others[kind];
		assign_kbd(c->screen.policy.input ? k : NULL, in, kind,
			   (unsigned int)XD_PLACE(f->devid, index));
	}
}

/* The screen may have the focus already */
static void tell_output(struct xd_output *o)
{
	if (o && o->ops->inputs_changed)
		o->ops->inputs_changed(o);
}

/* ---- complaints ---- */

/*
 * Whether the guest's displays are all connected, and one takes input: before
 * that, what an input device is for cannot be known
 */
static bool is_complete(const struct xd_daemon *d, const struct xd_guest *g)
{
	const struct xd_frontend *f;
	bool input = false;
	unsigned int i;

	LIST_FOREACH(f, &d->frontends, link) {
		if (f->guest != g)
			continue;
		if (!f->dev.connected)
			return false;
		for (i = 0; i < f->nr_connectors; i++)
			input |= f->connectors[i].screen.policy.input;
	}
	return input;
}

static bool is_owned(const struct xd_kbd *k)
{
	unsigned int kind;

	for (kind = 0; kind < XD_KINDS; kind++)
		if (k->own[kind])
			return true;
	return false;
}

/* A kind that the id assigns to no connector, XD_KINDS if there is none */
static unsigned int find_misnamed(const struct xd_daemon *d,
				  const struct xd_kbd *k)
{
	unsigned int kind;

	for (kind = 0; *k->unique_id && kind < XD_KINDS; kind++)
		if (xd_kbd_has(k, kind) && xd_id_has(k->unique_id, kind) &&
		    !names_any(d, k->dev.guest, k, kind))
			return kind;
	return XD_KINDS;
}

static bool has_any(const struct xd_kbd *k)
{
	unsigned int kind;

	for (kind = 0; kind < XD_KINDS; kind++)
		if (xd_kbd_has(k, kind))
			return true;
	return false;
}

static void describe_problem(const struct xd_daemon *d, const struct xd_kbd *k,
			     char *text, size_t len)
{
	static const char *const nouns[XD_KINDS] = { "keyboard", "pointer",
						     "touch screen" };
	unsigned int kind = find_misnamed(d, k);
	char id[SHOWN_ID];

	xdc_printable(id, sizeof(id), k->unique_id);
	if (kind < XD_KINDS)
		snprintf(
			text, len,
			"unique-id '%s': not the id of a connector, so its %s %s",
			id, nouns[kind],
			k->own[kind] ? "serves connectors that have none"
				     : "is not used");
	else if (!has_any(k))
		snprintf(
			text, len,
			"unique-id '%s': has no usable keyboard, pointer or touch screen",
			id);
	else if (!is_owned(k))
		snprintf(
			text, len,
			"unique-id '%s': not used, as other input devices serve all connectors",
			id);
	else
		*text = '\0';
}

/* Logs what is wrong with a guest's devices, each complaint once */
static void log_problems(struct xd_daemon *d, struct xd_guest *g)
{
	char text[sizeof(((struct xd_kbd *)0)->complaint)];
	struct xd_kbd *k;

	if (!is_complete(d, g))
		return;
	LIST_FOREACH(k, &d->kbds, link) {
		if (!is_usable(k, g))
			continue;
		describe_problem(d, k, text, sizeof(text));
		if (*text && strcmp(text, k->complaint))
			xd_guest_log(g, XDC_WARNING, "input device %u, %s",
				     k->dev.devid, text);
		strcpy(k->complaint, text);
	}
}

void xd_pair_inputs(struct xd_daemon *d, struct xd_guest *g)
{
	struct xd_kbd *k, *others[XD_KINDS];
	struct xd_frontend *f;
	unsigned int i;

	for (i = 0; i < XD_KINDS; i++)
		others[i] = find_unnamed(d, g, i);
	LIST_FOREACH(k, &d->kbds, link) {
		if (!is_usable(k, g))
			continue;
		xd_kbd_release(k, XD_INPUT_ALL);
		memset(k->own, 0, sizeof(k->own));
	}
	LIST_FOREACH(f, &d->frontends, link)
		for (i = 0; f->guest == g && i < f->nr_connectors; i++)
			pair_connector(d, f, i, others);
	LIST_FOREACH(f, &d->frontends, link)
		for (i = 0; f->guest == g && i < f->nr_connectors; i++)
			tell_output(f->connectors[i].screen.output);
	log_problems(d, g);
	xd_seat_changed(d->seat);
}

/* ---- sizes ---- */

/* The connector found for a device: that with the lowest rank */
struct found {
	unsigned int rank; /* 0: the device's unique-id names it */
	uint32_t width, height;
};

/* ENOENT: there is no such connector */
static int read_size(const struct xd_frontend *f, unsigned int index,
		     const char *dir, struct found *found)
{
	char size[32];
	int err;

	if (f->given[index].width) {
		found->width = f->given[index].width;
		found->height = f->given[index].height;
		return 0;
	}
	err = xdc_store_text(f->daemon->xs, dir, XENDISPL_FIELD_RESOLUTION,
			     size, sizeof(size));
	return err ? err
		   : xd_parse_resolution(size, &found->width, &found->height);
}

static void find_in_display(const struct xd_frontend *f, const struct xd_kbd *k,
			    enum xd_kind kind, struct found *best)
{
	char dir[80], id[XD_ID_MAX];
	struct found found;
	unsigned int i;

	for (i = 0; i < XD_CONNECTORS_MAX; i++) {
		snprintf(dir, sizeof(dir), "%s/%u", f->dev.fe_path, i);
		if (read_size(f, i, dir, &found))
			break;
		if (xdc_store_raw(f->daemon->xs, dir, XENDISPL_FIELD_UNIQUE_ID,
				  id, sizeof(id)))
			*id = '\0';
		found.rank = xd_id_names(k->unique_id, kind, id)
				     ? 0
				     : (unsigned int)XD_PLACE(f->devid, i) + 1;
		if (found.rank < best->rank)
			*best = found;
	}
}

/*
 * Offers the size of the connector that will get the events of @kind, or else
 * of the guest's first one
 */
static void offer_size(struct xd_kbd *k, enum xd_kind kind)
{
	struct found best = { .rank = UINT_MAX };
	const struct xd_frontend *f;

	LIST_FOREACH(f, &k->dev.daemon->frontends, link)
		if (f->domid == k->dev.domid)
			find_in_display(f, k, kind, &best);
	if (best.rank != UINT_MAX)
		xd_kbd_offer(k, kind, best.width, best.height);
}

void xd_pair_sizes(struct xd_daemon *d, uint16_t domid)
{
	struct xd_kbd *k;

	LIST_FOREACH(k, &d->kbds, link) {
		/* a guest that has read its sizes would misplace what comes later */
		if (k->dev.domid != domid || !xd_kbd_is_new(k))
			continue;
		offer_size(k, XD_POINTER);
		offer_size(k, XD_TOUCH);
	}
}
