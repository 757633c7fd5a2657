// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
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

const drmModeModeInfo *xdc_kms_smallest_mode(const drmModeConnector *c)
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

int xdc_kms_pick_crtc(int fd, const drmModeRes *res, const drmModeConnector *c,
		      uint32_t taken, uint32_t others)
{
	uint32_t wants[XDC_MATCH_MAX], prefer[2], lit = 0, current;
	unsigned int n = 0;
	int i, plugged;

	wants[n++] = find_crtcs(fd, res, c, &prefer[0]) & ~taken;
	/* connectors with a screen come before those that may get one */
	for (plugged = 1; plugged >= 0; plugged--) {
		for (i = 0; i < res->count_connectors && i < 32; i++) {
			drmModeConnector *other;

			if (!(others & 1U << i) ||
			    res->connectors[i] == c->connector_id)
				continue;
			other = drmModeGetConnectorCurrent(fd,
							   res->connectors[i]);
			if (other && n < XDC_MATCH_MAX &&
			    (other->connection == DRM_MODE_CONNECTED) ==
				    plugged) {
				wants[n++] =
					find_crtcs(fd, res, other, &current) &
					~taken;
				lit |= current;
			}
			drmModeFreeConnector(other);
		}
	}
	prefer[1] = ~lit;
	i = xdc_match_pick(wants, n, prefer, 2);
	return i < 0 ? -ENOENT : i;
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
