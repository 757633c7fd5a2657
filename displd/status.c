// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "common/store.h"
#include "daemon.h"
#include "vdispl/dbuf.h"
#include "vdispl/fb.h"
#include "vdispl/frontend.h"
#include "guest.h"
#include "vkb/kbd.h"
#include "seat/seat.h"
#include "status.h"

/* bytes of a unique-id in text for people */
#define SHOWN_ID 64

/* How the current picture is shown */
static const char *how_shown(const struct xd_screen *s)
{
	if (!s->current)
		return "off";
	return xd_view_is_copied(&s->views, s->current) ? "copied"
							: "zero-copy";
}

static unsigned int count_dying(const struct xd_daemon *d,
				const struct xd_guest *g)
{
	const struct xd_dbuf *b;
	unsigned int n = 0;

	LIST_FOREACH(b, &d->dying, link)
		n += b->guest == g;
	return n;
}

static void describe_output(const struct xd_screen *s, char *name, size_t len,
			    uint32_t *w, uint32_t *h)
{
	s->output->ops->describe(s->output, name, len, w, h);
}

/* Number of be-alloc buffers of the same origin as @b; @first is one of them */
static unsigned int count_alike(const struct xd_frontend *f,
				const struct xd_dbuf *b,
				const struct xd_dbuf **first)
{
	const struct xd_dbuf *other;
	unsigned int n = 0;

	*first = NULL;
	LIST_FOREACH(other, &f->dbufs, link) {
		if (!other->granted || strcmp(other->from, b->from))
			continue;
		if (!*first)
			*first = other;
		n++;
	}
	return n;
}

static void text_given(const struct xd_frontend *f, FILE *out)
{
	const struct xd_dbuf *b, *first;
	unsigned int n;

	LIST_FOREACH(b, &f->dbufs, link) {
		n = b->granted ? count_alike(f, b, &first) : 0;
		if (n && first == b)
			fprintf(out, "  be-alloc: %u buffers from %s\n", n,
				b->from);
	}
}

static void json_given(struct xdc_json *j, const struct xd_frontend *f)
{
	const struct xd_dbuf *b, *first;
	unsigned int n;

	xdc_json_open(j, "given", '[');
	LIST_FOREACH(b, &f->dbufs, link) {
		n = b->granted ? count_alike(f, b, &first) : 0;
		if (!n || first != b)
			continue;
		xdc_json_open(j, NULL, '{');
		xdc_json_text(j, "from", b->from);
		xdc_json_number(j, "buffers", n);
		xdc_json_close(j, '}');
	}
	xdc_json_close(j, ']');
}

/* Why the connector is on this output, and how to get another one */
static void text_choice(const struct xd_screen *s, FILE *out)
{
	const char *advice = xd_screen_advice(s);

	if (s->why_headless[0])
		fprintf(out, "    %s: %s\n",
			s->away ? "waits for a screen" : "has no screen",
			s->why_headless);
	else if (s->policy.output == XD_OUTPUT_AUTO)
		fprintf(out, "    output = auto: this screen was free\n");
	if (advice)
		fprintf(out, "    output = auto; try: %s\n", advice);
}

static void text_connector(const struct xd_connector *c, FILE *out)
{
	const struct xd_screen *s = &c->screen;
	char name[160], id[SHOWN_ID];
	uint32_t w, h;

	describe_output(s, name, sizeof(name), &w, &h);
	xdc_printable(id, sizeof(id), c->unique_id);
	fprintf(out, "  connector %s%s%s: %ux%u on %s, mode %ux%u: %s", s->name,
		*id ? " " : "", id, s->width, s->height, name, w, h,
		how_shown(s));
	if (s->current)
		fprintf(out, " %s %ux%u pitch %u",
			s->current->desc.format->name, s->current->desc.width,
			s->current->desc.height, s->current->desc.pitch);
	fprintf(out,
		"\n    flips: %" PRIu64 " requested, %" PRIu64
		" completed (%" PRIu64 " unseen); %" PRIu64
		" refreshes\n    pictures: %" PRIu64 " zero-copy (%" PRIu64
		" buffers), %" PRIu64 " copied (%" PRIu64 " buffers), %" PRIu64
		" failed\n",
		s->stats.flips, s->stats.done, s->stats.replaced,
		s->stats.refreshed, s->stats.imported, s->views.imported,
		s->stats.copied, s->views.copied, s->stats.failed);
	if (c->delayed)
		fprintf(out,
			"    over its budget: %" PRIu64 " requests waited\n",
			c->delayed);
	text_choice(s, out);
	if (s->views.why_copied[0])
		fprintf(out, "    last copied: %s\n", s->views.why_copied);
}

/* Whether @k gets events of connector @c, and of none before it */
static bool belongs_to(const struct xd_kbd *k, const struct xd_connector *c)
{
	unsigned int kind;

	for (kind = 0; kind < XD_KINDS; kind++)
		if (k->own[kind] == &c->screen.input)
			return true;
	return false;
}

/* The unique-id or place of the first connector that @k belongs to */
static void name_connector(const struct xd_daemon *d, const struct xd_kbd *k,
			   char *name, size_t len)
{
	const struct xd_frontend *f;
	int place, first = -1;
	unsigned int i;

	snprintf(name, len, "none");
	LIST_FOREACH(f, &d->frontends, link) {
		for (i = 0; i < f->nr_connectors; i++) {
			const struct xd_connector *c = &f->connectors[i];
			char text[XD_PLACE_TEXT];

			place = XD_PLACE(f->devid, i);
			if (!k->dev.connected || !belongs_to(k, c) ||
			    (first >= 0 && place > first))
				continue;
			first = place;
			snprintf(name, len, "%s",
				 *c->unique_id ? c->unique_id
					       : xd_place_format(text, place));
		}
	}
}

static bool has_focus(const struct xd_daemon *d, const struct xd_kbd *k)
{
	const struct xd_input *in = d->libinput ? xd_seat_focus(d->seat) : NULL;

	return in && (in->kbds[XD_KEYS] == k || in->kbds[XD_POINTER] == k);
}

static void text_kbd(const struct xd_daemon *d, const struct xd_kbd *k,
		     FILE *out)
{
	char name[XD_ID_MAX], shown[SHOWN_ID], id[SHOWN_ID];

	name_connector(d, k, name, sizeof(name));
	xdc_printable(shown, sizeof(shown), name);
	xdc_printable(id, sizeof(id), k->unique_id);
	fprintf(out,
		"guest %s (%u) input device %u%s%s: %s, connector %s%s: %" PRIu64
		" events, %" PRIu64 " dropped\n",
		k->dev.guest->name, k->dev.domid, k->dev.devid, *id ? " " : "",
		id, xd_device_state(&k->dev), shown,
		has_focus(d, k) ? ", has the focus" : "", k->sent, k->dropped);
	if (*k->complaint)
		fprintf(out, "  %s\n", k->complaint);
	if (*k->dev.complaint)
		fprintf(out, "  %s\n", k->dev.complaint);
}

void xd_status_text(const struct xd_daemon *d, FILE *out)
{
	const struct xd_frontend *f;
	const struct xd_kbd *k;
	unsigned int i;

	if (LIST_EMPTY(&d->frontends))
		fprintf(out, "no guest has a display (vdispl in its xl.cfg)\n");
	LIST_FOREACH(f, &d->frontends, link) {
		const struct xd_guest *g = f->guest;

		fprintf(out,
			"guest %s (%u) device %u: %s, %u buffers with %u KiB in all (%u not returned yet), %u framebuffers%s\n",
			g->name, g->domid, f->devid, xd_device_state(&f->dev),
			g->buffers, g->pages * 4, count_dying(d, g),
			g->framebuffers, f->be_alloc ? ", be-alloc" : "");
		if (*f->dev.complaint)
			fprintf(out, "  %s\n", f->dev.complaint);
		text_given(f, out);
		for (i = 0; i < f->nr_connectors; i++)
			text_connector(&f->connectors[i], out);
	}
	LIST_FOREACH(k, &d->kbds, link)
		text_kbd(d, k, out);
}

static void json_connector(struct xdc_json *j, const struct xd_connector *c)
{
	const struct xd_screen *s = &c->screen;
	const char *advice = xd_screen_advice(s);
	uint32_t w, h;
	char name[160];

	describe_output(s, name, sizeof(name), &w, &h);
	xdc_json_open(j, NULL, '{');
	xdc_json_number(j, "index", XD_PLACE_INDEX(s->place));
	xdc_json_text(j, "unique_id", c->unique_id);
	xdc_json_number(j, "width", s->width);
	xdc_json_number(j, "height", s->height);
	xdc_json_text(j, "output", name);
	xdc_json_text(j, "configured", xd_config_output_name(s->policy.output));
	xdc_json_text(j, "waits_for", s->away ? s->why_headless : "");
	xdc_json_text(j, "why_headless", s->why_headless);
	xdc_json_text(j, "advice", advice ? advice : "");
	xdc_json_number(j, "mode_width", w);
	xdc_json_number(j, "mode_height", h);
	xdc_json_text(j, "shown", how_shown(s));
	xdc_json_text(j, "format",
		      s->current ? s->current->desc.format->name : "");
	xdc_json_text(j, "last_copied", s->views.why_copied);
	xdc_json_number(j, "requests", c->requests);
	xdc_json_number(j, "refused", c->refused);
	xdc_json_number(j, "delayed", c->delayed);
	xdc_json_number(j, "flips", s->stats.flips);
	xdc_json_number(j, "done", s->stats.done);
	xdc_json_number(j, "unseen", s->stats.replaced);
	xdc_json_number(j, "refreshed", s->stats.refreshed);
	xdc_json_number(j, "imported", s->stats.imported);
	xdc_json_number(j, "copied", s->stats.copied);
	xdc_json_number(j, "buffers_imported", s->views.imported);
	xdc_json_number(j, "buffers_copied", s->views.copied);
	xdc_json_number(j, "failed", s->stats.failed);
	xdc_json_close(j, '}');
}

static void json_kbd(struct xdc_json *j, const struct xd_daemon *d,
		     const struct xd_kbd *k)
{
	char name[XD_ID_MAX];

	name_connector(d, k, name, sizeof(name));
	xdc_json_open(j, NULL, '{');
	xdc_json_text(j, "guest", k->dev.guest->name);
	xdc_json_number(j, "domid", k->dev.domid);
	xdc_json_number(j, "device", k->dev.devid);
	xdc_json_text(j, "unique_id", k->unique_id);
	xdc_json_text(j, "problem",
		      *k->complaint ? k->complaint : k->dev.complaint);
	xdc_json_bool(j, "connected", k->dev.connected);
	xdc_json_text(j, "connector", name);
	xdc_json_bool(j, "focus", has_focus(d, k));
	xdc_json_bool(j, "absolute", k->absolute);
	xdc_json_number(j, "contacts", k->nr_contacts);
	xdc_json_number(j, "events", k->sent);
	xdc_json_number(j, "dropped", k->dropped);
	xdc_json_close(j, '}');
}

void xd_status_json(const struct xd_daemon *d, FILE *out)
{
	const struct xd_frontend *f;
	const struct xd_kbd *k;
	struct xdc_json j;
	unsigned int i;

	xdc_json_begin(&j, out);
	xdc_json_open(&j, NULL, '{');
	xdc_json_open(&j, "devices", '[');
	LIST_FOREACH(f, &d->frontends, link) {
		const struct xd_guest *g = f->guest;

		xdc_json_open(&j, NULL, '{');
		xdc_json_text(&j, "guest", g->name);
		xdc_json_number(&j, "domid", g->domid);
		xdc_json_number(&j, "device", f->devid);
		xdc_json_bool(&j, "connected", f->dev.connected);
		xdc_json_text(&j, "problem", f->dev.complaint);
		xdc_json_bool(&j, "be_alloc", f->be_alloc);
		xdc_json_number(&j, "protocol", f->version);
		xdc_json_number(&j, "buffers", g->buffers);
		xdc_json_number(&j, "pages", g->pages);
		xdc_json_number(&j, "not_returned", count_dying(d, g));
		xdc_json_number(&j, "framebuffers", g->framebuffers);
		json_given(&j, f);
		xdc_json_open(&j, "connectors", '[');
		for (i = 0; i < f->nr_connectors; i++)
			json_connector(&j, &f->connectors[i]);
		xdc_json_close(&j, ']');
		xdc_json_close(&j, '}');
	}
	xdc_json_close(&j, ']');
	xdc_json_open(&j, "inputs", '[');
	LIST_FOREACH(k, &d->kbds, link)
		json_kbd(&j, d, k);
	xdc_json_close(&j, ']');
	xdc_json_close(&j, '}');
}
