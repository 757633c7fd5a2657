// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "common/kms.h"
#include "common/log.h"
#include "output/kms-request.h"

struct commit {
	drmModeAtomicReq *req;
	int err;
	bool left_out; /* a CRTC that hangs is to be cleared later */
};

/* ---- of our pipes ---- */

static void set_prop(struct commit *c, uint32_t object, uint32_t prop,
		     uint64_t value)
{
	if (c->req && drmModeAtomicAddProperty(c->req, object, prop, value) < 0)
		c->err = -ENOMEM;
}

struct source {
	uint32_t x, y;
};

/* Dumb buffers have the mode's size, and the right part of the picture in them */
static struct source find_source(const struct xd_kms_pipe *p,
				 const struct xd_kms_fb *fb)
{
	struct source src = { 0 };

	if (!fb->imported)
		return src;
	src.x = p->x;
	src.y = p->y;
	if (src.x > fb->width - p->mode.hdisplay)
		src.x = fb->width - p->mode.hdisplay;
	if (src.y > fb->height - p->mode.vdisplay)
		src.y = fb->height - p->mode.vdisplay;
	return src;
}

static void set_place(struct commit *c, const struct xd_kms_pipe *p,
		      struct source src)
{
	uint32_t w = p->mode.hdisplay, h = p->mode.vdisplay;

	set_prop(c, p->plane, p->prop.crtc, p->crtc);
	set_prop(c, p->plane, p->prop.src_x, (uint64_t)src.x << 16);
	set_prop(c, p->plane, p->prop.src_y, (uint64_t)src.y << 16);
	set_prop(c, p->plane, p->prop.src_w, (uint64_t)w << 16);
	set_prop(c, p->plane, p->prop.src_h, (uint64_t)h << 16);
	set_prop(c, p->plane, p->prop.crtc_x, 0);
	set_prop(c, p->plane, p->prop.crtc_y, 0);
	set_prop(c, p->plane, p->prop.crtc_w, w);
	set_prop(c, p->plane, p->prop.crtc_h, h);
}

static void set_fb(struct commit *c, const struct xd_kms_pipe *p,
		   const struct xd_kms_fb *fb, struct source src)
{
	set_prop(c, p->plane, p->prop.fb, fb->id);
	set_place(c, p, src);
}

static void set_on(struct commit *c, const struct xd_kms_pipe *p)
{
	unsigned int i;

	set_prop(c, p->connector, p->prop.connector_crtc, p->crtc);
	set_prop(c, p->crtc, p->prop.mode, p->blob);
	set_prop(c, p->crtc, p->prop.active, 1);
	for (i = 0; i < p->nr_neutral; i++)
		set_prop(c, p->neutral[i].object, p->neutral[i].prop,
			 p->neutral[i].value);
}

static void set_off(struct commit *c, const struct xd_kms_pipe *p)
{
	set_prop(c, p->connector, p->prop.connector_crtc, 0);
	set_prop(c, p->crtc, p->prop.mode, 0);
	set_prop(c, p->crtc, p->prop.active, 0);
	set_prop(c, p->plane, p->prop.fb, 0);
	set_prop(c, p->plane, p->prop.crtc, 0);
}

static int submit_commit(struct xd_kms_card *card, struct commit *c,
			 uint32_t flags, void *data)
{
	if (!c->req)
		return -ENOMEM;
	if (!c->err &&
	    drmModeAtomicCommit(card->source.fd, c->req, flags, data))
		c->err = errno ? -errno : -EIO;
	drmModeAtomicFree(c->req);
	return c->err;
}

/*
 * Another framebuffer and nothing else, as most flips are: without libdrm's
 * request, which is allocated, copied and sorted
 */
static int submit_fb(const struct xd_kms_pipe *p, const struct xd_kms_fb *fb,
		     uint32_t flags, void *data)
{
	uint32_t nr_props = 1;
	uint64_t value = fb->id;
	struct drm_mode_atomic atomic = {
		.flags = flags,
		.count_objs = 1,
		.objs_ptr = (uintptr_t)&p->plane,
		.count_props_ptr = (uintptr_t)&nr_props,
		.props_ptr = (uintptr_t)&p->prop.fb,
		.prop_values_ptr = (uintptr_t)&value,
		.user_data = (uintptr_t)data,
	};

	if (drmIoctl(p->card->source.fd, DRM_IOCTL_MODE_ATOMIC, &atomic))
		return errno ? -errno : -EIO;
	return 0;
}

static int submit_all(struct xd_kms_pipe *p, enum xd_kms_request what,
		      const struct xd_kms_fb *fb, struct source src,
		      uint32_t flags, void *data)
{
	struct commit c = { .req = drmModeAtomicAlloc() };

	if (what == XD_KMS_SHOW)
		set_on(&c, p);
	if (what == XD_KMS_OFF)
		set_off(&c, p);
	else
		set_fb(&c, p, fb, src);
	if (what != XD_KMS_FLIP)
		flags |= DRM_MODE_ATOMIC_ALLOW_MODESET;
	return submit_commit(p->card, &c, flags, data);
}

int xd_kms_try(struct xd_kms_pipe *p, enum xd_kms_request what,
	       const struct xd_kms_fb *fb, uint32_t flags)
{
	void *data = xd_kms_flip_data(p, p->number);
	struct source src = { 0 };
	int err;

	if (fb)
		src = find_source(p, fb);
	if (what == XD_KMS_FLIP && src.x == p->src_x && src.y == p->src_y)
		return submit_fb(p, fb, flags, data);
	err = submit_all(p, what, fb, src, flags, data);
	if (err || !fb || flags & DRM_MODE_ATOMIC_TEST_ONLY)
		return err;
	p->src_x = src.x;
	p->src_y = src.y;
	return 0;
}

/* ---- what others have left ---- */

static bool is_ours(const struct xd_kms_card *card, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < XD_KMS_PIPES; i++) {
		const struct xd_kms_pipe *p = card->pipes[i];

		if (p && p->lit &&
		    (p->connector == id || p->crtc == id || p->plane == id))
			return true;
	}
	return false;
}

/* The CRTC that a connector or plane is on; 0: none */
static uint32_t find_crtc(const struct xd_kms_card *card, uint32_t id,
			  uint32_t type)
{
	uint64_t crtc = 0;

	xdc_kms_find_prop(card->source.fd, id, type, "CRTC_ID", &crtc);
	return (uint32_t)crtc;
}

/*
 * A CRTC that hangs takes no commit, and would keep those of others waiting: it is
 * left out, unless it is the pipe's own
 */
static bool leave_out(struct commit *c, const struct xd_kms_pipe *p,
		      uint32_t crtc)
{
	if (crtc == p->crtc || !xd_kms_crtc_is_hung(p->card, crtc))
		return false;
	c->left_out = true;
	return true;
}

/* Sets a property to 0; returns whether it was anything else */
static bool clear_prop(struct commit *c, const struct xd_kms_card *card,
		       uint32_t object, uint32_t type, const char *name)
{
	uint64_t value = 0;
	uint32_t id =
		xdc_kms_find_prop(card->source.fd, object, type, name, &value);

	if (!id || !value)
		return false;
	set_prop(c, object, id, 0);
	return true;
}

static bool clear_planes(struct commit *c, const struct xd_kms_pipe *p,
			 uint32_t keep)
{
	const struct xd_kms_card *card = p->card;
	drmModePlaneRes *planes = drmModeGetPlaneResources(card->source.fd);
	bool any = false;
	uint32_t i;

	for (i = 0; planes && i < planes->count_planes; i++) {
		uint32_t id = planes->planes[i];

		if (id == keep || is_ours(card, id) ||
		    leave_out(c, p, find_crtc(card, id, DRM_MODE_OBJECT_PLANE)))
			continue;
		any |= clear_prop(c, card, id, DRM_MODE_OBJECT_PLANE, "FB_ID");
		any |= clear_prop(c, card, id, DRM_MODE_OBJECT_PLANE,
				  "CRTC_ID");
	}
	drmModeFreePlaneResources(planes);
	return any;
}

static bool clear_screens(struct commit *c, const struct xd_kms_pipe *p,
			  const drmModeRes *res)
{
	const struct xd_kms_card *card = p->card;
	bool any = false;
	int i;

	for (i = 0; i < res->count_connectors; i++) {
		uint32_t id = res->connectors[i];

		if (!is_ours(card, id) &&
		    !leave_out(c, p,
			       find_crtc(card, id, DRM_MODE_OBJECT_CONNECTOR)))
			any |= clear_prop(c, card, id,
					  DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID");
	}
	for (i = 0; i < res->count_crtcs; i++) {
		if (is_ours(card, res->crtcs[i]) ||
		    leave_out(c, p, res->crtcs[i]))
			continue;
		any |= clear_prop(c, card, res->crtcs[i], DRM_MODE_OBJECT_CRTC,
				  "ACTIVE");
		any |= clear_prop(c, card, res->crtcs[i], DRM_MODE_OBJECT_CRTC,
				  "MODE_ID");
	}
	return any;
}

/* The console has one screen, on the CRTC and plane that this pipe has, too */
static bool is_lit_here_alone(const struct xd_kms_pipe *p,
			      const drmModeRes *res)
{
	int fd = p->card->source.fd, i;
	uint64_t value;

	for (i = 0; i < res->count_connectors; i++) {
		uint32_t crtc = find_crtc(p->card, res->connectors[i],
					  DRM_MODE_OBJECT_CONNECTOR);

		if (crtc &&
		    (res->connectors[i] != p->connector || crtc != p->crtc))
			return false;
	}
	for (i = 0; i < res->count_crtcs; i++) {
		value = 0;
		xdc_kms_find_prop(fd, res->crtcs[i], DRM_MODE_OBJECT_CRTC,
				  "MODE_ID", &value);
		if (value && res->crtcs[i] != p->crtc)
			return false;
	}
	return true;
}

/*
 * Switches off what the console or another program has lit, before the first
 * commit: a CRTC that is lit for a connector of ours could not lose it, and
 * planes of others would cover the guest's picture.  Without an event, as a CRTC
 * that is blank has none; the commits after this one are retried while the card
 * is busy with it.
 */
int xd_kms_clear(struct xd_kms_pipe *p)
{
	struct xd_kms_card *card = p->card;
	drmModeRes *res = drmModeGetResources(card->source.fd);
	struct commit c = { .req = drmModeAtomicAlloc() };
	bool alone = !res || is_lit_here_alone(p, res);
	bool any = clear_planes(&c, p, alone ? p->plane : 0);
	int err = 0;

	if (!alone)
		any |= clear_screens(&c, p, res);
	drmModeFreeResources(res);
	if (any)
		err = submit_commit(card, &c,
				    DRM_MODE_ATOMIC_NONBLOCK |
					    DRM_MODE_ATOMIC_ALLOW_MODESET,
				    NULL);
	else
		drmModeAtomicFree(c.req);
	if (err == -EBUSY)
		return err;
	/* once more when nothing hangs; a card that refuses would do so each time */
	card->cleared = err || !c.left_out;
	if (err)
		xdc_log(XDC_WARNING,
			"%s (%s): cannot switch off what another program has shown: %s",
			card->path, card->driver, strerror(-err));
	return 0;
}
