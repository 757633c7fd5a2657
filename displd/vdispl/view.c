// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "common/loop.h"
#include "guest.h"
#include "output/output.h"
#include "vdispl/dbuf.h"
#include "vdispl/view.h"

/* before another import, if the output was out of resources, or Xen soon would be */
#define IMPORT_RETRY XDC_NS_PER_S
#define NEVER UINT64_MAX
/* of a buffer, at outputs that map them */
#define IMAGES_MAX 4
/* an output that ends so soon after a new picture may have ended because of it */
#define SUSPICIOUS (8 * XDC_NS_PER_S)

static struct xd_view *find_view(const struct xd_views *views,
				 const struct xd_fb *fb)
{
	struct xd_view *v;

	LIST_FOREACH(v, &views->list, link)
		if (v->fb == fb)
			return v;
	return NULL;
}

struct xd_view *xd_view_by_image(struct xd_views *views,
				 const struct xd_image *image)
{
	struct xd_view *v;

	LIST_FOREACH(v, &views->list, link)
		if (v->image == image)
			return v;
	return NULL;
}

static void release_image(struct xd_view *v)
{
	struct xd_output *o = v->views->output;
	struct xd_image *image = v->image;

	v->image = NULL;
	if (image)
		v->fb->dbuf->images--;
	if (image && o)
		o->ops->release(o, image);
}

static void free_view(struct xd_view *v)
{
	release_image(v);
	LIST_REMOVE(v, link);
	LIST_REMOVE(&v->addon, link);
	free(v);
}

static void fb_detached(struct xd_fb_addon *addon)
{
	struct xd_view *v = container_of(addon, struct xd_view, addon);

	v->views->detached(v->views, v->fb);
}

static void fb_ended(struct xd_fb_addon *addon)
{
	free_view(container_of(addon, struct xd_view, addon));
}

void xd_views_init(struct xd_views *views, struct xd_guest *guest,
		   const char *name, bool zero_copy)
{
	LIST_INIT(&views->list);
	views->guest = guest;
	views->name = name;
	views->zero_copy = zero_copy;
}

void xd_views_fini(struct xd_views *views)
{
	struct xd_view *v;

	while ((v = LIST_FIRST(&views->list)))
		free_view(v);
}

void xd_views_leave(struct xd_views *views)
{
	struct xd_view *v;

	LIST_FOREACH(v, &views->list, link) {
		release_image(v);
		v->copied = false;
		v->copy_until = 0;
	}
}

int xd_view_add(struct xd_views *views, struct xd_fb *fb)
{
	struct xd_view *v = find_view(views, fb);

	if (v)
		return 0;
	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->views = views;
	v->fb = fb;
	v->addon.detached = fb_detached;
	v->addon.ended = fb_ended;
	xd_fb_hang(fb, &v->addon);
	LIST_INSERT_HEAD(&views->list, v, link);
	return 0;
}

/* Of what kind a framebuffer is, in words */
static void name_kind(const struct xd_fb *fb, char *kind, size_t len)
{
	const struct xd_fb_desc *desc = &fb->desc;

	snprintf(kind, len, "%s %ux%u pitch %u", desc->format->name,
		 desc->width, desc->height, desc->pitch);
}

/* Copies the framebuffer from now on; imports it again at @when */
static void mark_copied(struct xd_view *v, uint64_t when, const char *why)
{
	struct xd_views *views = v->views;
	char text[sizeof(views->why_copied)];
	char kind[XD_KIND_MAX];
	bool news;

	if (!v->copied)
		views->copied++;
	v->copied = true;
	v->copy_until = when;
	name_kind(v->fb, kind, sizeof(kind));
	snprintf(text, sizeof(text), "%s: %s", kind, why);
	/* once for all buffers of a kind, and again when that changes */
	news = strcmp(text, views->why_copied);
	memcpy(views->why_copied, text, sizeof(text));
	xd_guest_log(views->guest, news ? XDC_INFO : XDC_DEBUG,
		     "connector %s: copied, not zero-copy: %s", views->name,
		     text);
}

static void refuse_view(struct xd_view *v, int err)
{
	struct xd_output *o = v->views->output;

	release_image(v);
	mark_copied(v,
		    xd_output_is_temporary(err) ? xdc_now() + IMPORT_RETRY
						: NEVER,
		    *o->why ? o->why : strerror(-err));
	o->why[0] = '\0';
}

void xd_view_refuse(struct xd_views *views, struct xd_fb *fb, int err)
{
	struct xd_view *v = find_view(views, fb);

	if (v)
		refuse_view(v, err);
}

bool xd_view_is_copied(const struct xd_views *views, const struct xd_fb *fb)
{
	const struct xd_view *v = find_view(views, fb);

	return v && v->copied;
}

void xd_views_distrust(struct xd_views *views, const struct xd_image *image,
		       const char *why)
{
	struct xd_view *v = image ? xd_view_by_image(views, image) : NULL;
	const struct xd_output *o = views->output;
	char kind[XD_KIND_MAX] = "", text[XD_WHY_MAX];

	if (!o || !o->ops->target)
		return;
	/* the reason alone would not tell what became of it */
	snprintf(text, sizeof(text), "has broken this output: %s", why);
	if (v)
		name_kind(v->fb, kind, sizeof(kind));
	xd_guest_log(
		views->guest, XDC_WARNING,
		"connector %s: a picture%s%s has broken %s: copied there from now on: %s",
		views->name, *kind ? " " : "", kind, o->ops->target(o), why);
	xd_distrust_add(&views->guest->distrusts, o->ops->target(o), kind,
			text);
}

void xd_views_lost(struct xd_views *views)
{
	const struct xd_output *o = views->output;
	uint64_t at = o->ops->new_import ? o->ops->new_import(o) : 0;
	struct xd_guest *g = views->guest;

	/* nothing was shown directly, or another output's end was this one, too */
	if (!at || at == g->suspected)
		return;
	g->suspected = at;
	if (xdc_now() - at >= SUSPICIOUS)
		g->early_ends = 0;
	else if (++g->early_ends > 1)
		xd_views_distrust(
			views, NULL,
			"it ended twice soon after a dma-buf was shown");
}

/* Why pictures like it must be copied here; NULL: they need not */
static const char *find_distrust(const struct xd_views *views,
				 const struct xd_fb *fb)
{
	const struct xd_output *o = views->output;
	char kind[XD_KIND_MAX];

	if (!o->ops->target)
		return NULL;
	name_kind(fb, kind, sizeof(kind));
	return xd_distrust_find(&views->guest->distrusts, o->ops->target(o),
				kind);
}

/*
 * Why a compositor must not have the buffer.  Xen bounds how often a page is mapped, and
 * programs that show a buffer may not survive that they cannot map it.
 */
static const char *find_risk(const struct xd_views *views,
			     const struct xd_dbuf *buf)
{
	if (!views->output->maps_images)
		return NULL;
	/* with it a compositor could make the daemon wait, see begin_reading() */
	if (buf->of_card)
		return "its buffer is memory of a graphics card";
	if (xd_dbuf_repeats(buf))
		return "the guest has granted a page of it more than once";
	if (buf->images >= IMAGES_MAX)
		return "its buffer is shown in other framebuffers";
	return NULL;
}

static int import_measured(struct xd_views *views, const struct xd_picture *pic,
			   struct xd_image **image)
{
	struct xd_guest *g = views->guest;
	bool measure = xd_budget_start(&g->budget);
	int err;

	views->output->why[0] = '\0';
	err = views->output->ops->import(views->output, pic, image);
	if (measure)
		xd_budget_stop(&g->budget, &g->policy);
	return err;
}

struct xd_image *xd_view_image(struct xd_views *views, struct xd_fb *fb)
{
	struct xd_view *v = find_view(views, fb);
	struct xd_picture pic = {
		.dmabuf = fb->dbuf->fd,
		.format = fb->desc.format,
		.width = fb->desc.width,
		.height = fb->desc.height,
		.pitch = fb->desc.pitch,
		.offset = fb->desc.offset,
		.rdonly = fb->dbuf->rdonly,
	};
	const char *why;
	int err;

	if (!v)
		return NULL;
	if (v->image || v->copy_until == NEVER ||
	    (v->copy_until && xdc_now() < v->copy_until))
		return v->image;
	if (!views->zero_copy) {
		mark_copied(v, NEVER, "zero-copy = no");
		return NULL;
	}
	why = find_distrust(views, fb);
	if (why) {
		mark_copied(v, NEVER, why);
		return NULL;
	}
	why = find_risk(views, fb->dbuf);
	if (why) {
		mark_copied(v, xdc_now() + IMPORT_RETRY, why);
		return NULL;
	}
	err = import_measured(views, &pic, &v->image);
	if (err) {
		v->image = NULL;
		refuse_view(v, err);
		return NULL;
	}
	fb->dbuf->images++;
	v->copied = false;
	v->copy_until = 0;
	views->imported++;
	return v->image;
}
