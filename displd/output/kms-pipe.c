// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kms.h"
#include "common/match.h"
#include "output/kms-pipe.h"

static int card_fd(const struct xd_kms_pipe *p)
{
	return p->card->source.fd;
}

static bool is_taken(const struct xd_kms_card *card, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < XD_KMS_PIPES; i++) {
		const struct xd_kms_pipe *p = card->pipes[i];

		if (p &&
		    (p->connector == id || p->crtc == id || p->plane == id))
			return true;
	}
	return false;
}

/* A pipe that its output has left, and that is not off yet */
static struct xd_kms_pipe *find_left(const struct xd_kms_card *card,
				     uint32_t connector)
{
	unsigned int i;

	for (i = 0; i < XD_KMS_PIPES; i++) {
		struct xd_kms_pipe *p = card->pipes[i];

		if (p && !p->used && p->connector == connector)
			return p;
	}
	return NULL;
}

static bool has_pipes(const struct xd_kms_card *card)
{
	unsigned int i;

	for (i = 0; i < XD_KMS_PIPES; i++)
		if (card->pipes[i] && card->pipes[i]->used)
			return true;
	return false;
}

/* ---- connector and mode ---- */

static bool pick_mode(const drmModeConnector *c, uint32_t w, uint32_t h,
		      drmModeModeInfo *mode)
{
	const drmModeModeInfo *best = xdc_kms_best_mode(c, w, h);

	if (best)
		*mode = *best;
	return best;
}

struct found {
	uint32_t connector;
	char name[32];
	drmModeModeInfo mode;
	struct xd_kms_pipe *left; /* its pipe, if it is not off yet */
	int crtc; /* otherwise an index */
};

static int pick_crtc(const struct xd_kms_card *card, const drmModeRes *res,
		     const drmModeConnector *c)
{
	uint32_t used = 0, others = 0;
	int i;

	for (i = 0; i < res->count_crtcs && i < 32; i++)
		if (is_taken(card, res->crtcs[i]))
			used |= 1U << i;
	for (i = 0; i < res->count_connectors && i < 32; i++)
		if (!is_taken(card, res->connectors[i]))
			others |= 1U << i;
	return xdc_kms_pick_crtc(card->source.fd, res, c, used, others);
}

/* Only a connector that may be wanted is probed, as that takes time */
static bool try_connector(struct xd_kms_card *card, const drmModeRes *res,
			  uint32_t id, const char *name, uint32_t w, uint32_t h,
			  struct found *f)
{
	drmModeConnector *c = drmModeGetConnectorCurrent(card->source.fd, id);
	bool found = false;

	f->connector = id;
	f->left = find_left(card, id);
	if (!c)
		return false;
	xdc_kms_connector_name(c, f->name, sizeof(f->name));
	if ((is_taken(card, id) && !f->left) ||
	    (*name && strcmp(name, f->name)))
		goto out;
	drmModeFreeConnector(c);
	c = xd_kms_read_connector(card, id);
	if (!c || c->connection != DRM_MODE_CONNECTED ||
	    !pick_mode(c, w, h, &f->mode))
		goto out;
	f->crtc = f->left ? 0 : pick_crtc(card, res, c);
	found = f->crtc >= 0;
out:
	drmModeFreeConnector(c);
	return found;
}

/* ---- plane ---- */

struct planes {
	uint32_t ids[32]; /* primary planes that are free */
	uint32_t possible[32]; /* CRTCs of each, as bits */
	uint32_t on[32]; /* id of the CRTC that each is on */
	unsigned int nr;
};

static void list_planes(const struct xd_kms_card *card, struct planes *found)
{
	int fd = card->source.fd;
	drmModePlaneRes *planes = drmModeGetPlaneResources(fd);
	uint32_t i;

	found->nr = 0;
	for (i = 0; planes && i < planes->count_planes && found->nr < 32; i++) {
		uint32_t id = planes->planes[i];
		drmModePlane *plane = drmModeGetPlane(fd, id);
		uint64_t type = DRM_PLANE_TYPE_OVERLAY;

		xdc_kms_find_prop(fd, id, DRM_MODE_OBJECT_PLANE, "type", &type);
		if (plane && type == DRM_PLANE_TYPE_PRIMARY &&
		    !is_taken(card, id)) {
			found->ids[found->nr] = id;
			found->possible[found->nr] = plane->possible_crtcs;
			found->on[found->nr++] = plane->crtc_id;
		}
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
}

/* The planes that a CRTC can have, as bits */
static uint32_t find_planes(const struct planes *planes, int crtc)
{
	uint32_t wants = 0;
	unsigned int i;

	for (i = 0; i < planes->nr; i++)
		if (planes->possible[i] & 1U << crtc)
			wants |= 1U << i;
	return wants;
}

/* A primary plane, so that each other CRTC can get one, too */
static uint32_t pick_plane(const struct xd_kms_card *card,
			   const drmModeRes *res, int crtc)
{
	uint32_t wants[XDC_MATCH_MAX], prefer = 0;
	struct planes planes;
	unsigned int i, n = 0;
	int best;

	list_planes(card, &planes);
	wants[n++] = find_planes(&planes, crtc);
	for (i = 0; i < (unsigned int)res->count_crtcs && n < XDC_MATCH_MAX;
	     i++)
		if ((int)i != crtc && !is_taken(card, res->crtcs[i]))
			wants[n++] = find_planes(&planes, (int)i);
	for (i = 0; i < planes.nr; i++)
		if (planes.on[i] == res->crtcs[crtc])
			prefer |= 1U << i;
	best = xdc_match_pick(wants, n, &prefer, 1);
	return best < 0 ? 0 : planes.ids[best];
}

static void read_formats(struct xd_kms_pipe *p)
{
	drmModePlane *plane = drmModeGetPlane(card_fd(p), p->plane);
	uint32_t i;

	for (i = 0; plane && i < plane->count_formats && i < 64; i++)
		p->formats[i] = plane->formats[i];
	p->nr_formats = i;
	drmModeFreePlane(plane);
}

/* ---- properties ---- */

static int find_props(struct xd_kms_pipe *p, struct xdc_reason *why)
{
	const struct {
		uint32_t object, type;
		const char *name;
		uint32_t *id;
	} wanted[] = {
		{ p->connector, DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID",
		  &p->prop.connector_crtc },
		{ p->crtc, DRM_MODE_OBJECT_CRTC, "MODE_ID", &p->prop.mode },
		{ p->crtc, DRM_MODE_OBJECT_CRTC, "ACTIVE", &p->prop.active },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "FB_ID", &p->prop.fb },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_ID", &p->prop.crtc },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "SRC_X", &p->prop.src_x },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "SRC_Y", &p->prop.src_y },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "SRC_W", &p->prop.src_w },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "SRC_H", &p->prop.src_h },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_X", &p->prop.crtc_x },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_Y", &p->prop.crtc_y },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_W", &p->prop.crtc_w },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_H", &p->prop.crtc_h },
	};
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*wanted[i].id = xdc_kms_find_prop(card_fd(p), wanted[i].object,
						  wanted[i].type,
						  wanted[i].name, NULL);
		if (!*wanted[i].id)
			return xdc_reason_set(why, -EOPNOTSUPP,
					      "%s (%s) has no property %s",
					      p->card->path, p->card->driver,
					      wanted[i].name);
	}
	return 0;
}

/*
 * The program that had the screen before may have left colours, a rotation or a
 * brightness range, which a guest's picture would get as well.  No driver has all
 * of these properties.
 */
static void find_neutral(struct xd_kms_pipe *p)
{
	const struct {
		uint32_t object, type;
		const char *name;
		uint64_t value;
	} wanted[] = {
		{ p->crtc, DRM_MODE_OBJECT_CRTC, "DEGAMMA_LUT", 0 },
		{ p->crtc, DRM_MODE_OBJECT_CRTC, "CTM", 0 },
		{ p->crtc, DRM_MODE_OBJECT_CRTC, "GAMMA_LUT", 0 },
		{ p->crtc, DRM_MODE_OBJECT_CRTC, "VRR_ENABLED", 0 },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "rotation",
		  DRM_MODE_ROTATE_0 },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "alpha", 0xffff },
		{ p->connector, DRM_MODE_OBJECT_CONNECTOR,
		  "HDR_OUTPUT_METADATA", 0 },
		{ p->connector, DRM_MODE_OBJECT_CONNECTOR, "Colorspace", 0 },
		/* the kernel sets it to bad; who sets a mode must set it to good */
		{ p->connector, DRM_MODE_OBJECT_CONNECTOR, "link-status",
		  DRM_MODE_LINK_STATUS_GOOD },
	};
	uint64_t value;
	uint32_t id;
	size_t i;

	p->nr_neutral = 0;
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		id = xdc_kms_find_prop(card_fd(p), wanted[i].object,
				       wanted[i].type, wanted[i].name, &value);
		/* drivers refuse some properties even if nothing changes */
		if (!id || value == wanted[i].value)
			continue;
		p->neutral[p->nr_neutral].object = wanted[i].object;
		p->neutral[p->nr_neutral].prop = id;
		p->neutral[p->nr_neutral++].value = wanted[i].value;
	}
}

/*
 * Drivers of cards without a GPU copy images to the card, from the image's
 * corner on (cirrus, ast, mgag200 ...), if they announce that they update
 * damaged parts, or have no vertical blank.  With a GPU, damage means that the
 * driver saves work where nothing has changed (i915, amdgpu, msm).  Scanout by
 * DMA without a vertical blank does not occur, but for virtual cards, which
 * send images to the host (virtio).  A card whose driver copies and has
 * neither, or copies on a GPU, is not known.
 */
static void judge_driver(struct xd_kms_pipe *p)
{
	bool damage = xdc_kms_find_prop(card_fd(p), p->plane,
					DRM_MODE_OBJECT_PLANE,
					"FB_DAMAGE_CLIPS", NULL);

	p->needs_flips = damage || !p->card->vblank;
	p->corner = p->needs_flips && !p->card->gpu;
}

/* ---- pipes ---- */

static int set_mode(struct xd_kms_pipe *p, const drmModeModeInfo *mode,
		    struct xdc_reason *why)
{
	uint32_t blob;

	if (drmModeCreatePropertyBlob(card_fd(p), mode, sizeof(*mode), &blob))
		return xdc_reason_set(why, -errno,
				      "%s: cannot hand over the mode: %s",
				      p->card->path, strerror(errno));
	if (p->blob)
		drmModeDestroyPropertyBlob(card_fd(p), p->blob);
	p->blob = blob;
	p->mode = *mode;
	return 0;
}

static int fill_pipe(struct xd_kms_pipe *p, const drmModeRes *res,
		     const struct found *f, struct xdc_reason *why)
{
	int err;

	p->connector = f->connector;
	p->crtc = res->crtcs[f->crtc];
	memcpy(p->name, f->name, sizeof(p->name));
	p->plane = pick_plane(p->card, res, f->crtc);
	if (!p->plane)
		return xdc_reason_set(why, -ENOENT,
				      "%s (%s) has no plane for connector %s",
				      p->card->path, p->card->driver, p->name);
	read_formats(p);
	err = find_props(p, why);
	if (err)
		return err;
	judge_driver(p);
	return set_mode(p, &f->mode, why);
}

static int add_pipe(struct xd_kms_card *card, const drmModeRes *res,
		    const struct found *f, struct xd_kms_pipe **out,
		    struct xdc_reason *why)
{
	struct xd_kms_pipe *p;
	unsigned int i;
	int err;

	for (i = 0; i < XD_KMS_PIPES && card->pipes[i]; i++)
		;
	if (i == XD_KMS_PIPES)
		return xdc_reason_set(why, -ENOSPC, "%s: too many connectors",
				      card->path);
	p = calloc(1, sizeof(*p));
	if (!p)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	p->card = card;
	p->slot = i;
	SLIST_INIT(&p->dead);
	err = fill_pipe(p, res, f, why);
	if (err) {
		free(p);
		return err;
	}
	card->pipes[i] = p;
	card->users++;
	*out = p;
	return 0;
}

static int explain_none(const struct xd_kms_card *card, const char *name,
			struct xdc_reason *why)
{
	if (*name)
		return xdc_reason_set(
			why, -ENOENT,
			"connector %s of %s (%s) does not exist, has no screen, or shows another guest",
			name, card->path, card->driver);
	return xdc_reason_set(why, -ENOENT,
			      has_pipes(card)
				      ? "every screen of %s (%s) shows a guest"
				      : "no screen is connected to %s (%s)",
			      card->path, card->driver);
}

static int claim_connector(struct xd_kms_card *card, const drmModeRes *res,
			   const char *name, uint32_t w, uint32_t h,
			   struct xd_kms_pipe **out, struct xdc_reason *why)
{
	struct found f;
	int i, err;

	for (i = 0; i < res->count_connectors; i++)
		if (try_connector(card, res, res->connectors[i], name, w, h,
				  &f))
			break;
	if (i == res->count_connectors)
		return explain_none(card, name, why);
	err = xd_kms_card_master(card, why);
	if (err)
		return err;
	if (!f.left)
		return add_pipe(card, res, &f, out, why);
	*out = f.left;
	return set_mode(f.left, &f.mode, why);
}

int xd_kms_pipe_claim(struct xd_kms_card *card, const char *name, uint32_t w,
		      uint32_t h, struct xd_kms_pipe **out,
		      struct xdc_reason *why)
{
	drmModeRes *res = drmModeGetResources(card->source.fd);
	int err;

	if (!res)
		return xdc_reason_set(why, -ENODEV, "%s drives no screens",
				      card->path);
	err = claim_connector(card, res, name, w, h, out, why);
	drmModeFreeResources(res);
	if (err)
		return err;
	/* the state that others have left, not that of an earlier guest */
	find_neutral(*out);
	(*out)->width = w;
	(*out)->height = h;
	(*out)->used = true;
	return 0;
}

void xd_kms_pipe_free(struct xd_kms_pipe *p)
{
	struct xd_kms_card *card = p->card;

	card->pipes[p->slot] = NULL;
	drmModeDestroyPropertyBlob(card_fd(p), p->blob);
	free(p);
	xd_kms_card_put(card);
}
