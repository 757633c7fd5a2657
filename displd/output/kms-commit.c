// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "common/container_of.h"
#include "common/kms.h"
#include "common/log.h"
#include "output/kms-commit.h"
#include "output/kms-pipe.h"

/* a commit that takes longer has timed out */
#define COMMIT_TIMEOUT (2 * XDC_NS_PER_S)
/* before the next attempt, if the card is busy */
#define RETRY (10 * XDC_NS_PER_MS)
/* since Linux 6.8: forgets a framebuffer, which stays on screen */
#define CLOSE_FB DRM_IOWR(0xd0, struct close_fb)

struct close_fb {
	uint32_t id, pad;
};

struct commit {
	drmModeAtomicReq *req;
	int err;
};

static int card_fd(const struct xd_kms_pipe *p)
{
	return p->card->source.fd;
}

/* ---- requests of the kernel ---- */

static void set_prop(struct commit *c, uint32_t object, uint32_t prop,
		     uint64_t value)
{
	if (c->req && drmModeAtomicAddProperty(c->req, object, prop, value) < 0)
		c->err = -ENOMEM;
}

/* Dumb buffers have the mode's size, and the right part of the picture in them */
static void set_fb(struct commit *c, const struct xd_kms_pipe *p,
		   const struct xd_kms_fb *fb)
{
	uint32_t w = p->mode.hdisplay, h = p->mode.vdisplay;
	uint32_t x = fb->imported ? p->x : 0, y = fb->imported ? p->y : 0;

	if (x > fb->width - w)
		x = fb->width - w;
	if (y > fb->height - h)
		y = fb->height - h;
	set_prop(c, p->plane, p->prop.fb, fb->id);
	set_prop(c, p->plane, p->prop.crtc, p->crtc);
	set_prop(c, p->plane, p->prop.src_x, (uint64_t)x << 16);
	set_prop(c, p->plane, p->prop.src_y, (uint64_t)y << 16);
	set_prop(c, p->plane, p->prop.src_w, (uint64_t)w << 16);
	set_prop(c, p->plane, p->prop.src_h, (uint64_t)h << 16);
	set_prop(c, p->plane, p->prop.crtc_x, 0);
	set_prop(c, p->plane, p->prop.crtc_y, 0);
	set_prop(c, p->plane, p->prop.crtc_w, w);
	set_prop(c, p->plane, p->prop.crtc_h, h);
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

static int submit(struct xd_kms_card *card, struct commit *c, uint32_t flags,
		  void *data)
{
	if (!c->req)
		return -ENOMEM;
	if (!c->err &&
	    drmModeAtomicCommit(card->source.fd, c->req, flags, data))
		c->err = errno ? -errno : -EIO;
	drmModeAtomicFree(c->req);
	return c->err;
}

static int try_request(struct xd_kms_pipe *p, enum xd_kms_request what,
		       const struct xd_kms_fb *fb, uint32_t flags)
{
	struct commit c = { .req = drmModeAtomicAlloc() };

	if (what == XD_KMS_SHOW)
		set_on(&c, p);
	if (what == XD_KMS_OFF)
		set_off(&c, p);
	else
		set_fb(&c, p, fb);
	if (what != XD_KMS_FLIP)
		flags |= DRM_MODE_ATOMIC_ALLOW_MODESET;
	return submit(p->card, &c, flags, xd_kms_flip_data(p, p->number));
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

static bool clear_planes(struct commit *c, const struct xd_kms_card *card,
			 uint32_t keep)
{
	drmModePlaneRes *planes = drmModeGetPlaneResources(card->source.fd);
	bool any = false;
	uint32_t i;

	for (i = 0; planes && i < planes->count_planes; i++) {
		uint32_t id = planes->planes[i];

		if (id == keep || is_ours(card, id))
			continue;
		any |= clear_prop(c, card, id, DRM_MODE_OBJECT_PLANE, "FB_ID");
		any |= clear_prop(c, card, id, DRM_MODE_OBJECT_PLANE,
				  "CRTC_ID");
	}
	drmModeFreePlaneResources(planes);
	return any;
}

static bool clear_screens(struct commit *c, const struct xd_kms_card *card,
			  const drmModeRes *res)
{
	bool any = false;
	int i;

	for (i = 0; i < res->count_connectors; i++)
		if (!is_ours(card, res->connectors[i]))
			any |= clear_prop(c, card, res->connectors[i],
					  DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID");
	for (i = 0; i < res->count_crtcs; i++) {
		if (is_ours(card, res->crtcs[i]))
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
	int fd = card_fd(p), i;
	uint64_t value;

	for (i = 0; i < res->count_connectors; i++) {
		value = 0;
		xdc_kms_find_prop(fd, res->connectors[i],
				  DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID", &value);
		if (value &&
		    (res->connectors[i] != p->connector || value != p->crtc))
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
static int clear_card(struct xd_kms_pipe *p)
{
	struct xd_kms_card *card = p->card;
	drmModeRes *res = drmModeGetResources(card->source.fd);
	struct commit c = { .req = drmModeAtomicAlloc() };
	bool alone = !res || is_lit_here_alone(p, res);
	bool any = clear_planes(&c, card, alone ? p->plane : 0);
	int err = 0;

	if (!alone)
		any |= clear_screens(&c, card, res);
	drmModeFreeResources(res);
	if (any)
		err = submit(card, &c,
			     DRM_MODE_ATOMIC_NONBLOCK |
				     DRM_MODE_ATOMIC_ALLOW_MODESET,
			     NULL);
	else
		drmModeAtomicFree(c.req);
	if (err == -EBUSY)
		return err;
	card->cleared = true;
	if (err)
		xdc_log(XDC_WARNING,
			"%s (%s): cannot switch off what another program has shown: %s",
			card->path, card->driver, strerror(-err));
	return 0;
}

/* ---- one commit after the other ---- */

/* Sets the timer once for many commits, as each setting costs a system call */
static void watch_commit(struct xd_kms_pipe *p)
{
	p->deadline = xdc_now() + COMMIT_TIMEOUT;
	if (p->watched)
		return;
	p->watched = true;
	xdc_timer_at(&p->timeout, p->deadline);
}

static int commit(struct xd_kms_pipe *p, enum xd_kms_request what,
		  struct xd_kms_fb *fb)
{
	const uint32_t flags = DRM_MODE_ATOMIC_NONBLOCK |
			       DRM_MODE_PAGE_FLIP_EVENT;
	int err = 0;

	if (what == XD_KMS_SHOW && !p->card->cleared)
		err = clear_card(p);
	if (err)
		return err;
	p->number = ++p->card->number;
	err = try_request(p, what, fb, flags);
	/* some drivers need a modeset for another format or pitch */
	if (err == -EINVAL && what == XD_KMS_FLIP)
		err = try_request(p, what, fb,
				  flags | DRM_MODE_ATOMIC_ALLOW_MODESET);
	if (err)
		return err;
	p->doing = what;
	p->lit = what != XD_KMS_OFF;
	p->front = fb;
	watch_commit(p);
	return 0;
}

/* After what is under way */
static void queue(struct xd_kms_pipe *p, enum xd_kms_request what,
		  struct xd_kms_fb *fb)
{
	p->next = what;
	p->next_fb = fb;
	p->asked = xdc_now();
	if (!p->doing)
		xdc_timer_in(&p->retry, RETRY);
}

/* Unplugged: lost() is called, but not from within the caller's call */
static void vanish(struct xd_kms_pipe *p)
{
	p->hung = true;
	p->vanished = true;
	p->watched = true;
	xdc_timer_in(&p->timeout, 1);
}

static int request(struct xd_kms_pipe *p, enum xd_kms_request what,
		   struct xd_kms_fb *fb)
{
	bool later = p->doing;
	int err = 0;

	p->next = XD_KMS_NOTHING;
	if (!later)
		err = commit(p, what, fb);
	else if (what == XD_KMS_SHOW)
		err = try_request(p, what, fb, DRM_MODE_ATOMIC_TEST_ONLY);
	if (err == -ENODEV)
		vanish(p);
	if (err && err != -EBUSY)
		return err;
	if (later || err)
		queue(p, what, fb);
	return 0;
}

/* ---- framebuffers ---- */

static void remove_fb(struct xd_kms_pipe *p, struct xd_kms_fb *fb)
{
	if (fb->id)
		drmModeRmFB(card_fd(p), fb->id);
	fb->removed(fb);
}

/* Removes what is neither on screen nor on its way there */
static void remove_dead(struct xd_kms_pipe *p)
{
	struct xd_kms_fbs left = SLIST_HEAD_INITIALIZER(left);
	struct xd_kms_fb *fb;

	while ((fb = SLIST_FIRST(&p->dead))) {
		SLIST_REMOVE_HEAD(&p->dead, entry);
		if (fb == p->front)
			SLIST_INSERT_HEAD(&left, fb, entry);
		else
			remove_fb(p, fb);
	}
	p->dead = left;
}

/*
 * The card does not finish what it has begun, or is gone, and RmFB would wait.
 * Where the kernel is older than CLOSE_FB, the framebuffer stays until the card
 * is closed.
 */
static void abandon_dead(struct xd_kms_pipe *p)
{
	struct xd_kms_fb *fb;

	while ((fb = SLIST_FIRST(&p->dead))) {
		struct close_fb close = { .id = fb->id };

		SLIST_REMOVE_HEAD(&p->dead, entry);
		drmIoctl(card_fd(p), CLOSE_FB, &close);
		fb->removed(fb);
	}
}

void xd_kms_remove(struct xd_kms_pipe *p, struct xd_kms_fb *fb)
{
	if (p->doing || fb == p->front)
		SLIST_INSERT_HEAD(&p->dead, fb, entry);
	else
		remove_fb(p, fb);
}

/* ---- the life of a pipe ---- */

/* The output has left, and nothing more can be done or is to be done */
static void end_pipe(struct xd_kms_pipe *p)
{
	p->front = NULL;
	if (p->hung || p->card->gone)
		abandon_dead(p);
	else
		remove_dead(p);
	xdc_timer_fini(&p->timeout);
	xdc_timer_fini(&p->retry);
	xd_kms_pipe_free(p);
}

static void lose(struct xd_kms_pipe *p)
{
	p->doing = p->next = XD_KMS_NOTHING;
	/* an event may come after all */
	p->number = ++p->card->number;
	if (p->used)
		p->lost(p);
	else
		end_pipe(p);
}

static void hang(struct xd_kms_pipe *p)
{
	xdc_log(XDC_ERROR, "%s of %s (%s): page flip timed out", p->name,
		p->card->path, p->card->driver);
	p->hung = true;
	p->stalled = p->front && p->front->imported;
	p->card->stalled = true;
	/* it may stay lit, as if by another program */
	p->card->cleared = false;
	lose(p);
}

/* The kernel does it when the framebuffer is removed */
static void give_up_off(struct xd_kms_pipe *p, int err)
{
	xdc_log(XDC_WARNING, "%s of %s (%s): cannot switch off: %s", p->name,
		p->card->path, p->card->driver, strerror(-err));
	p->lit = false;
	p->front = NULL;
}

/* What was asked for later cannot be done */
static void refuse_next(struct xd_kms_pipe *p, enum xd_kms_request what,
			struct xd_kms_fb *fb, int err)
{
	if (what == XD_KMS_OFF)
		give_up_off(p, err);
	if (!p->used) {
		end_pipe(p);
		return;
	}
	remove_dead(p);
	p->answer = false;
	if (what != XD_KMS_OFF)
		p->refused(p, fb, err);
}

static void run_next(struct xd_kms_pipe *p)
{
	enum xd_kms_request what = p->next;
	int err = commit(p, what, p->next_fb);

	if (err == -EBUSY && xdc_now() - p->asked < COMMIT_TIMEOUT) {
		xdc_timer_in(&p->retry, RETRY);
		return;
	}
	p->next = XD_KMS_NOTHING;
	if (err == -EBUSY) {
		hang(p);
	} else if (err == -ENODEV) {
		p->hung = true;
		lose(p);
	} else if (err) {
		refuse_next(p, what, p->next_fb, err);
	}
}

static void retry_fired(struct xdc_timer *t)
{
	struct xd_kms_pipe *p = container_of(t, struct xd_kms_pipe, retry);

	if (p->next && !p->doing)
		run_next(p);
}

static void committed(struct xd_kms_pipe *p)
{
	bool answer = p->answer;

	p->doing = XD_KMS_NOTHING;
	if (p->next) {
		run_next(p);
		return;
	}
	if (!p->lit)
		p->front = NULL;
	if (!p->used) {
		end_pipe(p);
		return;
	}
	remove_dead(p);
	p->answer = false;
	if (answer)
		p->flipped(p);
}

static void time_out(struct xdc_timer *t)
{
	struct xd_kms_pipe *p = container_of(t, struct xd_kms_pipe, timeout);

	p->watched = false;
	if (p->vanished) {
		p->vanished = false;
		lose(p);
	} else if (p->doing && xdc_now() < p->deadline) {
		p->watched = true;
		xdc_timer_at(&p->timeout, p->deadline);
	} else if (p->doing) {
		hang(p);
	}
}

int xd_kms_pipe_start(struct xd_kms_pipe *p)
{
	int err;

	p->committed = committed;
	/* one that was left has them */
	if (p->timeout.loop)
		return 0;
	p->timeout.source.fd = p->retry.source.fd = -1;
	err = xdc_timer_init(p->card->loop, &p->timeout, time_out);
	if (!err)
		err = xdc_timer_init(p->card->loop, &p->retry, retry_fired);
	return err;
}

int xd_kms_show(struct xd_kms_pipe *p, struct xd_kms_fb *fb, uint32_t x,
		uint32_t y)
{
	uint32_t old_x = p->x, old_y = p->y;
	int err;

	if (p->corner && fb->imported && (x || y))
		return -EOPNOTSUPP;
	p->x = x;
	p->y = y;
	err = request(p, XD_KMS_SHOW, fb);
	if (err) {
		p->x = old_x;
		p->y = old_y;
		return err;
	}
	p->answer = false;
	return 0;
}

int xd_kms_flip(struct xd_kms_pipe *p, struct xd_kms_fb *fb)
{
	int err;

	if (!p->lit && p->next != XD_KMS_SHOW)
		return -ENODEV;
	if (p->corner && fb->imported && (p->x || p->y))
		return -EOPNOTSUPP;
	/* the mode is still to be set */
	err = request(p, p->next == XD_KMS_SHOW ? XD_KMS_SHOW : XD_KMS_FLIP,
		      fb);
	p->answer = !err;
	return err;
}

void xd_kms_off(struct xd_kms_pipe *p)
{
	int err;

	p->answer = false;
	p->next = XD_KMS_NOTHING;
	if (!p->lit || p->card->gone)
		return;
	err = request(p, XD_KMS_OFF, NULL);
	if (err)
		give_up_off(p, err);
}

void xd_kms_leave(struct xd_kms_pipe *p)
{
	p->used = false;
	xd_kms_off(p);
	if (p->hung || p->card->gone || !(p->doing || p->next))
		end_pipe(p);
}
