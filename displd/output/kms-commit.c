// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "common/container_of.h"
#include "common/log.h"
#include "output/kms-commit.h"
#include "output/kms-pipe.h"
#include "output/kms-request.h"

/* a commit that takes longer has timed out */
#define COMMIT_TIMEOUT (2 * XDC_NS_PER_S)
/* before the next attempt, if the card is busy */
#define RETRY (10 * XDC_NS_PER_MS)
/* since Linux 6.8: forgets a framebuffer, which stays on screen */
#define CLOSE_FB DRM_IOWR(0xd0, struct close_fb)

struct close_fb {
	uint32_t id, pad;
};

static int card_fd(const struct xd_kms_pipe *p)
{
	return p->card->source.fd;
}

/* ---- one commit after the other ---- */

/* Not if the timer is to call lost() already */
static void set_timeout(struct xd_kms_pipe *p, uint64_t at)
{
	if (!p->vanished)
		xdc_timer_at(&p->timeout, at);
}

static int start_commit(struct xd_kms_pipe *p, enum xd_kms_request what,
			struct xd_kms_fb *fb)
{
	const uint32_t flags = DRM_MODE_ATOMIC_NONBLOCK |
			       DRM_MODE_PAGE_FLIP_EVENT;
	int err = 0;

	if (what == XD_KMS_SHOW && !p->card->cleared)
		err = xd_kms_clear(p);
	if (err)
		return err;
	p->number = ++p->card->number;
	err = xd_kms_try(p, what, fb, flags);
	/* some drivers need a modeset for another format or pitch */
	if (err == -EINVAL && what == XD_KMS_FLIP)
		err = xd_kms_try(p, what, fb,
				 flags | DRM_MODE_ATOMIC_ALLOW_MODESET);
	if (err)
		return err;
	p->doing = what;
	p->lit = what != XD_KMS_OFF;
	p->front = fb;
	set_timeout(p, xdc_loop_now(p->card->loop) + COMMIT_TIMEOUT);
	return 0;
}

/* After what is under way */
static void queue_request(struct xd_kms_pipe *p, enum xd_kms_request what,
			  struct xd_kms_fb *fb)
{
	p->next = what;
	p->next_fb = fb;
	p->asked = xdc_now();
	if (!p->doing)
		xdc_timer_in(&p->retry, RETRY);
}

/* Unplugged: lost() is called, but not from within the caller's call */
static void note_unplugged(struct xd_kms_pipe *p)
{
	p->hung = true;
	p->vanished = true;
	xdc_timer_in(&p->timeout, 1);
}

static int make_request(struct xd_kms_pipe *p, enum xd_kms_request what,
			struct xd_kms_fb *fb)
{
	bool later = p->doing;
	int err = 0;

	p->next = XD_KMS_NOTHING;
	if (!later)
		err = start_commit(p, what, fb);
	else if (what == XD_KMS_SHOW)
		err = xd_kms_try(p, what, fb, DRM_MODE_ATOMIC_TEST_ONLY);
	if (err == -ENODEV)
		note_unplugged(p);
	if (err && err != -EBUSY)
		return err;
	if (later || err)
		queue_request(p, what, fb);
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

static void lose_screen(struct xd_kms_pipe *p)
{
	p->doing = p->next = XD_KMS_NOTHING;
	/* an event may come after all */
	p->number = ++p->card->number;
	if (p->used)
		p->lost(p);
	else
		end_pipe(p);
}

static void note_timeout(struct xd_kms_pipe *p)
{
	xdc_log(XDC_ERROR, "%s of %s (%s): page flip timed out", p->name,
		p->card->path, p->card->driver);
	p->hung = true;
	/* if the card was busy with something else, no picture is to blame */
	p->stalled = p->doing && p->front && p->front->imported;
	p->card->stalled = true;
	xd_kms_crtc_hung(p->card, p->crtc);
	/* it may stay lit, as if by another program */
	p->card->cleared = false;
	lose_screen(p);
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
	int err = start_commit(p, what, p->next_fb);

	if (err == -EBUSY && xdc_now() - p->asked < COMMIT_TIMEOUT) {
		xdc_timer_in(&p->retry, RETRY);
		return;
	}
	p->next = XD_KMS_NOTHING;
	if (err == -EBUSY) {
		note_timeout(p);
	} else if (err == -ENODEV) {
		p->hung = true;
		lose_screen(p);
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

static void finish_commit(struct xd_kms_pipe *p)
{
	bool answer = p->answer;

	p->doing = XD_KMS_NOTHING;
	set_timeout(p, 0);
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

	if (p->vanished) {
		p->vanished = false;
		lose_screen(p);
	} else if (p->doing) {
		note_timeout(p);
	}
}

void xd_kms_pipe_start(struct xd_kms_pipe *p)
{
	p->committed = finish_commit;
	/* one that was left has them, and they may be set */
	if (p->timeout.loop)
		return;
	xdc_timer_init(p->card->loop, &p->timeout, time_out);
	xdc_timer_init(p->card->loop, &p->retry, retry_fired);
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
	err = make_request(p, XD_KMS_SHOW, fb);
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
	enum xd_kms_request what = XD_KMS_FLIP;
	int err;

	if (p->corner && fb->imported && (p->x || p->y))
		return -EOPNOTSUPP;
	/* the mode is still to be set */
	if (!p->lit || p->next == XD_KMS_SHOW)
		what = XD_KMS_SHOW;
	err = make_request(p, what, fb);
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
	err = make_request(p, XD_KMS_OFF, NULL);
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
