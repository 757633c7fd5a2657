// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "host/windows/surfaces.h"
#include "host/worker/status.h"

#define KIB_PER_MIB 1024U

static const char *const ways[XWL_WAYS] = {
	[XWL_WAY_SHARED] = "shared", [XWL_WAY_COPIED] = "copied",
	[XWL_WAY_SENT] = "sent",     [XWL_WAY_DMABUF] = "dmabuf",
	[XWL_WAY_OTHER] = "other",
};

/* The surface of a window, if @o is one */
static const struct xwl_surface *window_of(struct xwl_bridge *b,
					   const struct xwl_object *o)
{
	if (o->state != XWL_LIVE || strcmp(o->interface->name, "xdg_toplevel"))
		return NULL;
	return xwl_surface_of(b, o);
}

static void each_window(struct xwl_guest *g,
			void (*show)(const struct xwl_surface *s, void *user),
			void *user)
{
	const struct xwl_surface *s;
	const struct xwl_object *o;
	struct xwl_client *c;

	LIST_FOREACH(c, &g->clients, entry) {
		o = xwl_objects_each(&c->bridge.guest, XWL_DISPLAY);
		for (; o; o = xwl_objects_each(&c->bridge.guest, o->id + 1)) {
			s = window_of(&c->bridge, o);
			if (s)
				show(s, user);
		}
	}
}

static void text_frames(const uint64_t *frames, FILE *out)
{
	const char *comma = "";
	int i;

	for (i = 0; i < XWL_WAYS; i++) {
		if (!frames[i] && i != XWL_WAY_SHARED && i != XWL_WAY_COPIED)
			continue;
		fprintf(out, "%s%" PRIu64 " %s", comma, frames[i], ways[i]);
		comma = ", ";
	}
	fputc('\n', out);
}

static void text_window(const struct xwl_surface *s, void *user)
{
	FILE *out = user;

	fprintf(out, "  %s: %dx%d, frames: ", s->title ? s->title : "?",
		s->shown_width, s->shown_height);
	text_frames(s->frames, out);
}

static void text_clipboard(const struct xwl_guest *g, FILE *out)
{
	if (!g->policy.clipboard)
		return;
	fprintf(out, "  clipboard: %u on the way, %" PRIu64 " denied\n",
		g->account.used[XWL_TRANSFERS], g->account.denied);
}

void xwl_status_text(struct xwl_guest *g, FILE *out)
{
	const struct xwl_account *a = &g->account;
	int i;

	fprintf(out,
		"%s: %u programs, %u surfaces, %u buffers with %u of %u MiB\n",
		g->policy.guest, a->used[XWL_PROGRAMS], a->used[XWL_SURFACES],
		a->used[XWL_BUFFERS], a->used[XWL_MEMORY] / KIB_PER_MIB,
		g->policy.max[XWL_MEMORY] / KIB_PER_MIB);
	if (*g->trouble)
		fprintf(out, "  no program can come: %s\n", g->trouble);
	fputs("  frames: ", out);
	text_frames(a->frames, out);
	for (i = 0; i < XWL_WHY_END; i++)
		if (a->copied[i])
			fprintf(out, "  copied: %" PRIu64 ": %s\n",
				a->copied[i], xwl_why_text((enum xwl_why)i));
	text_clipboard(g, out);
	if (a->ended)
		fprintf(out, "  disconnected: %" PRIu64 " programs, last: %s\n",
			a->ended, a->why.text);
	each_window(g, text_window, out);
}

static void json_frames(struct xdc_json *j, const uint64_t *frames)
{
	xdc_json_open(j, "frames", '{');
	xdc_json_number(j, "shared", frames[XWL_WAY_SHARED]);
	xdc_json_number(j, "copied", frames[XWL_WAY_COPIED]);
	xdc_json_number(j, "sent", frames[XWL_WAY_SENT]);
	xdc_json_number(j, "dmabuf", frames[XWL_WAY_DMABUF]);
	xdc_json_number(j, "other", frames[XWL_WAY_OTHER]);
	xdc_json_close(j, '}');
}

static void json_window(const struct xwl_surface *s, void *user)
{
	struct xdc_json *j = user;

	xdc_json_open(j, NULL, '{');
	xdc_json_text(j, "title", s->title ? s->title : "");
	xdc_json_number(j, "width", (uint64_t)s->shown_width);
	xdc_json_number(j, "height", (uint64_t)s->shown_height);
	json_frames(j, s->frames);
	xdc_json_close(j, '}');
}

static void json_copied(struct xdc_json *j, const struct xwl_account *a)
{
	int i;

	xdc_json_open(j, "reasons", '[');
	for (i = 0; i < XWL_WHY_END; i++) {
		if (!a->copied[i])
			continue;
		xdc_json_open(j, NULL, '{');
		xdc_json_text(j, "why", xwl_why_text((enum xwl_why)i));
		xdc_json_number(j, "copied", a->copied[i]);
		xdc_json_close(j, '}');
	}
	xdc_json_close(j, ']');
}

void xwl_status_json(struct xwl_guest *g, FILE *out)
{
	const struct xwl_account *a = &g->account;
	struct xdc_json j;

	xdc_json_begin(&j, out);
	xdc_json_open(&j, NULL, '{');
	xdc_json_text(&j, "guest", g->policy.guest);
	xdc_json_number(&j, "programs", a->used[XWL_PROGRAMS]);
	xdc_json_number(&j, "surfaces", a->used[XWL_SURFACES]);
	xdc_json_number(&j, "buffers", a->used[XWL_BUFFERS]);
	xdc_json_number(&j, "memory_kib", a->used[XWL_MEMORY]);
	xdc_json_number(&j, "max_memory_kib", g->policy.max[XWL_MEMORY]);
	json_frames(&j, a->frames);
	json_copied(&j, a);
	xdc_json_text(&j, "trouble", g->trouble);
	xdc_json_number(&j, "denied", a->denied);
	xdc_json_number(&j, "disconnected", a->ended);
	xdc_json_text(&j, "last_reason", a->ended ? a->why.text : "");
	xdc_json_open(&j, "windows", '[');
	each_window(g, json_window, &j);
	xdc_json_close(&j, ']');
	xdc_json_close(&j, '}');
}
