// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <xf86drm.h>

#include "common/kms.h"
#include "common/match.h"

void xdc_kms_driver_name(int fd, char *name, size_t len)
{
	drmVersion *version = drmGetVersion(fd);

	snprintf(name, len, "%s",
		 version && version->name ? version->name : "unknown driver");
	drmFreeVersion(version);
}

void xdc_kms_connector_name(const drmModeConnector *c, char *name, size_t len)
{
	const char *type = drmModeGetConnectorTypeName(c->connector_type);

	snprintf(name, len, "%s-%u", type ? type : "Unknown",
		 c->connector_type_id);
}

static uint32_t mode_area(const drmModeModeInfo *m)
{
	return (uint32_t)m->hdisplay * m->vdisplay;
}

const drmModeModeInfo *xdc_kms_pick_mode(const drmModeConnector *c, uint32_t w,
					 uint32_t h)
{
	const drmModeModeInfo *best = NULL;
	int i;

	for (i = 0; i < c->count_modes; i++) {
		const drmModeModeInfo *m = &c->modes[i];

		if (m->flags & DRM_MODE_FLAG_INTERLACE || m->hdisplay > w ||
		    m->vdisplay > h)
			continue;
		if (!best || mode_area(m) > mode_area(best))
			best = m;
	}
	return best;
}

static const drmModeModeInfo *find_smallest(const drmModeConnector *c)
{
	const drmModeModeInfo *best = NULL;
	int i;

	for (i = 0; i < c->count_modes; i++) {
		const drmModeModeInfo *m = &c->modes[i];

		if (m->flags & DRM_MODE_FLAG_INTERLACE)
			continue;
		if (!best || mode_area(m) < mode_area(best))
			best = m;
	}
	return best;
}

const drmModeModeInfo *xdc_kms_best_mode(const drmModeConnector *c, uint32_t w,
					 uint32_t h)
{
	const drmModeModeInfo *best = xdc_kms_pick_mode(c, w, h);

	return best ? best : find_smallest(c);
}

/* The CRTCs that a connector can be on, and the one that it is on, as bits */
static uint32_t find_crtcs(int fd, const drmModeRes *res,
			   const drmModeConnector *c, uint32_t *current)
{
	uint32_t possible = 0;
	int i, j;

	*current = 0;
	for (i = 0; i < c->count_encoders; i++) {
		drmModeEncoder *e = drmModeGetEncoder(fd, c->encoders[i]);

		if (!e)
			continue;
		possible |= e->possible_crtcs;
		for (j = 0; j < res->count_crtcs && j < 32; j++)
			if (e->encoder_id == c->encoder_id &&
			    e->crtc_id == res->crtcs[j])
				*current = 1U << j;
		drmModeFreeEncoder(e);
	}
	if (res->count_crtcs < 32)
		possible &= (1U << res->count_crtcs) - 1;
	return possible | *current;
}

struct crtc_wishes {
	uint32_t wants[XDC_MATCH_MAX]; /* CRTCs of each connector, as bits */
	unsigned int n;
	uint32_t lit; /* CRTCs that other connectors are on */
};

/* Those of the other connectors that have a screen, or those that have none */
static void add_others(int fd, const drmModeRes *res, uint32_t self,
		       uint32_t others, bool plugged,
		       struct crtc_wishes *wishes)
{
	uint32_t current;
	int i;

	for (i = 0; i < res->count_connectors && i < 32; i++) {
		uint32_t id = res->connectors[i];
		drmModeConnector *c;

		if (!(others & 1U << i) || id == self)
			continue;
		c = drmModeGetConnectorCurrent(fd, id);
		if (c && wishes->n < XDC_MATCH_MAX &&
		    (c->connection == DRM_MODE_CONNECTED) == plugged) {
			wishes->wants[wishes->n++] =
				find_crtcs(fd, res, c, &current);
			wishes->lit |= current;
		}
		drmModeFreeConnector(c);
	}
}

int xdc_kms_pick_crtc(int fd, const drmModeRes *res, const drmModeConnector *c,
		      uint32_t taken, uint32_t others)
{
	struct crtc_wishes wishes = { .n = 1 };
	uint32_t prefer[2];
	unsigned int i;
	int best;

	wishes.wants[0] = find_crtcs(fd, res, c, &prefer[0]);
	/* earlier ones matter more */
	add_others(fd, res, c->connector_id, others, true, &wishes);
	add_others(fd, res, c->connector_id, others, false, &wishes);
	for (i = 0; i < wishes.n; i++)
		wishes.wants[i] &= ~taken;
	prefer[1] = ~wishes.lit;
	best = xdc_match_pick(wishes.wants, wishes.n, prefer, 2);
	return best < 0 ? -ENOENT : best;
}

uint32_t xdc_kms_find_prop(int fd, uint32_t object, uint32_t type,
			   const char *name, uint64_t *value)
{
	drmModeObjectProperties *props;
	uint32_t i, id = 0;

	props = drmModeObjectGetProperties(fd, object, type);
	for (i = 0; props && i < props->count_props && !id; i++) {
		drmModePropertyRes *prop =
			drmModeGetProperty(fd, props->props[i]);

		if (prop && !strcmp(prop->name, name)) {
			id = prop->prop_id;
			if (value)
				*value = props->prop_values[i];
		}
		drmModeFreeProperty(prop);
	}
	drmModeFreeObjectProperties(props);
	return id;
}
