// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "common/container_of.h"
#include "guest.h"
#include "vdispl/fb.h"
#include "vdispl/pace.h"
#include "vdispl/steps.h"

/* 60 Hz, for flips that the output refused */
#define BLIND_PERIOD (XDC_NS_PER_S / 60)
/* a picture that was refused is tried again this often, in the end */
#define PATIENCE_MAX XDC_NS_PER_S
/* this long after a flip, the guest may draw without flips */
#define FLIPPING XDC_NS_PER_S

static void answer_flip(struct xd_screen *s, const struct xd_fb *fb)
{
	s->stats.done++;
	s->done(s, fb->desc.cookie);
}

static void count_failure(struct xd_screen *s, int err)
{
	if (!s->stats.failed++)
		xd_guest_log(s->guest, XDC_WARNING,
			     "connector %s: picture not shown on %s: %s",
			     s->name, s->output->ops->name, strerror(-err));
}

/*
 * The output refused a flip.  Complete the flip after the usual time, unseen:
 * the guest cannot help it, and the output may recover.
 */
static void complete_unseen(struct xd_screen *s, int err)
{
	/* further attempts at one picture count once */
	if (s->answer || !s->stale)
		count_failure(s, err);
	s->timed = true;
	xdc_timer_in(&s->blind, BLIND_PERIOD);
}

static void set_visible(struct xd_screen *s, struct xd_fb *fb)
{
	struct xd_fb *before = s->visible;

	if (fb)
		xd_fb_get(fb);
	s->visible = fb;
	if (fb && fb == s->current)
		s->stale = s->patience = 0;
	xd_fb_put(before);
}

static int tell_output(struct xd_screen *s, struct xd_image *image)
{
	const struct xd_output_ops *ops = s->output->ops;

	s->output->why[0] = '\0';
	return s->show ? ops->show(s->output, image, s->x, s->y)
		       : ops->flip(s->output, image);
}

/* Errors that a copy would not avoid */
static bool is_final(int err)
{
	return err == -EBUSY || err == -EACCES || err == -ENODEV;
}

static void start_step(struct xd_screen *s, struct xd_fb *fb, bool answer);
static void arm_refresh(struct xd_screen *s);

/* How long the output is left alone after it has refused a picture */
static void retry_later_still(struct xd_screen *s)
{
	s->patience = s->patience ? 2 * s->patience : BLIND_PERIOD;
	if (s->patience > PATIENCE_MAX)
		s->patience = PATIENCE_MAX;
	xdc_timer_in(&s->blind, s->patience);
}

static void finish_step(struct xd_screen *s)
{
	struct xd_fb *before = s->current;
	struct xd_fb *next = s->queued;

	s->current = s->pending;
	s->pending = NULL;
	s->flying = s->timed = false;
	if (s->visible == s->current)
		s->stale = s->patience = 0;
	else if (!s->stale)
		s->stale = xdc_now();
	if (s->answer)
		answer_flip(s, s->current);
	xd_fb_put(before);
	if (next) {
		s->queued = NULL;
		start_step(s, next, true);
		xd_fb_put(next);
	} else if (s->stale) {
		retry_later_still(s);
	}
	if (!s->refresh.at)
		arm_refresh(s);
}

/* What was told to show is visible at once; a flip is done after some time */
static void finish_show(struct xd_screen *s)
{
	set_visible(s, s->pending);
	if (s->answer) {
		s->timed = true;
		xdc_timer_in(&s->blind, BLIND_PERIOD);
	} else {
		finish_step(s);
	}
}

/* The copy is complete */
static void copy_done(struct xd_shadow *shadow, struct xd_image *image, int err)
{
	struct xd_screen *s = container_of(shadow, struct xd_screen, shadow);

	if (!err)
		err = tell_output(s, image);
	if (err) {
		complete_unseen(s, err);
		return;
	}
	xd_shadow_swap(shadow);
	s->stats.copied++;
	if (s->show)
		finish_show(s);
}

/* From here to finish_step() the pending framebuffer is on its way */
static void set_pending(struct xd_screen *s, struct xd_fb *fb, bool answer,
			bool show)
{
	xd_fb_get(fb);
	s->pending = fb;
	s->flying = true;
	s->timed = false;
	s->answer = answer;
	s->show = show;
}

static void start_copy(struct xd_screen *s, struct xd_fb *fb)
{
	set_pending(s, fb, false, true);
	xd_shadow_begin(&s->shadow, fb, s->x, s->y);
}

/*
 * Flips to @fb, or shows it while nothing is visible.  If it cannot be shown
 * directly it is copied first, in the loop's next turns.
 */
static void start_step(struct xd_screen *s, struct xd_fb *fb, bool answer)
{
	struct xd_image *image;
	int err;

	s->last_flip = xdc_loop_now(s->loop);
	s->next_flip = xd_pace_next(s->last_flip, s->output->period);
	set_pending(s, fb, answer, !s->visible);
	image = xd_view_image(&s->views, fb);
	if (!image) {
		xd_shadow_begin(&s->shadow, fb, s->x, s->y);
		return;
	}
	err = tell_output(s, image);
	if (is_final(err)) {
		complete_unseen(s, err);
	} else if (err) {
		/* an image on screen is not released */
		if (fb != s->visible)
			xd_view_refuse(&s->views, fb, err);
		xd_shadow_begin(&s->shadow, fb, s->x, s->y);
	} else {
		s->stats.imported++;
		if (s->show)
			finish_show(s);
	}
}

static void flip_done(struct xd_output *o)
{
	struct xd_screen *s = o->user;

	/* during a copy the output has no flip of this screen */
	if (!s->flying || s->show || s->timed ||
	    xd_shadow_is_copying(&s->shadow))
		return;
	set_visible(s, s->pending);
	finish_step(s);
}

/*
 * The output refused the current picture, and shows the one before.  The guest
 * waits for that one's memory if it has detached it: in the end, rather nothing
 * is shown.
 */
static void try_again(struct xd_screen *s)
{
	if (s->visible && s->visible->detached &&
	    xdc_now() - s->stale >= PATIENCE_MAX) {
		s->output->ops->off(s->output);
		set_visible(s, NULL);
	}
	start_step(s, s->current, false);
}

static void blind_fired(struct xdc_timer *t)
{
	struct xd_screen *s = container_of(t, struct xd_screen, blind);

	if (s->flying && s->timed)
		finish_step(s);
	else if (!s->flying && s->stale && s->current)
		try_again(s);
}

/* Completes flips in progress and queued: the output has dropped them */
static void settle_flips(struct xd_screen *s)
{
	struct xd_fb *pending = s->pending, *queued = s->queued;

	xdc_timer_at(&s->blind, 0);
	xd_shadow_cancel(&s->shadow);
	s->pending = s->queued = NULL;
	if (pending && s->answer)
		answer_flip(s, pending);
	s->flying = s->timed = false;
	s->stale = s->patience = 0;
	if (queued) {
		s->stats.replaced++;
		answer_flip(s, queued);
	}
	xd_fb_put(pending);
	xd_fb_put(queued);
}

/* Whether the output shows what a guest draws only when it is told */
static bool needs_refresh(const struct xd_screen *s)
{
	return s->policy.refresh && s->current && s->output &&
	       (s->output->needs_flips ||
		xd_view_is_copied(&s->views, s->current));
}

/* When what the guest may have drawn without a flip is to be shown */
static uint64_t find_refresh(const struct xd_screen *s)
{
	uint64_t at = s->last_flip + XDC_NS_PER_S / s->policy.refresh;

	return at > s->guests_flip + FLIPPING ? at : s->guests_flip + FLIPPING;
}

static void arm_refresh(struct xd_screen *s)
{
	uint64_t now, at;

	if (!needs_refresh(s))
		return;
	now = xdc_loop_now(s->loop);
	at = find_refresh(s);
	/* or it would be due again at once, while a flip is in progress */
	if (at <= now)
		at = now + XDC_NS_PER_S / s->policy.refresh;
	xdc_timer_at(&s->refresh, at);
}

static void refresh_fired(struct xdc_timer *t)
{
	struct xd_screen *s = container_of(t, struct xd_screen, refresh);

	if (needs_refresh(s) && !s->flying && !s->stale &&
	    xdc_loop_now(s->loop) >= find_refresh(s)) {
		s->stats.refreshed++;
		start_step(s, s->current, false);
	}
	arm_refresh(s);
}

/* The output imported an image that it cannot show: copy it from now on */
static void output_refused(struct xd_output *o, struct xd_image *image, int why)
{
	struct xd_screen *s = o->user;
	struct xd_fb *up = s->flying ? s->pending : s->current;
	struct xd_view *view = xd_view_by_image(&s->views, image);
	struct xd_fb *fb;

	if (!view) {
		o->why[0] = '\0';
		return;
	}
	fb = view->fb;
	/* it was said to be shown already */
	if (s->visible == fb && !s->flying)
		set_visible(s, NULL);
	xd_view_refuse(&s->views, fb, why);
	if (fb != up)
		return;
	s->stats.imported--;
	if (!s->flying) {
		start_copy(s, fb);
		return;
	}
	s->timed = false;
	xd_shadow_begin(&s->shadow, fb, s->x, s->y);
}

static void charge_modeset(struct xd_screen *s)
{
	xd_budget_charge(&s->guest->budget, &s->guest->policy, XD_COST_MODESET,
			 xdc_loop_now(s->loop));
}

static void switch_off(struct xd_screen *s)
{
	struct xd_fb *before = s->current;

	if (!before)
		return;
	charge_modeset(s);
	s->output->ops->off(s->output);
	settle_flips(s);
	set_visible(s, NULL);
	s->current = NULL;
	xd_fb_put(before);
}

/* The output refused to show the current picture, and is off: tell it again */
static void wait_for_output(struct xd_screen *s, int err)
{
	count_failure(s, err);
	set_visible(s, NULL);
	s->stale = xdc_now();
	retry_later_still(s);
}

/*
 * 1: the output shows it, 0: it has to be copied.  An error: the output shows
 * nothing, as that of a card that is being removed
 */
static int show_directly(struct xd_screen *s, struct xd_fb *fb, uint32_t x,
			 uint32_t y)
{
	struct xd_image *image = xd_view_image(&s->views, fb);
	int err;

	if (!image)
		return 0;
	s->output->why[0] = '\0';
	err = s->output->ops->show(s->output, image, x, y);
	if (!err) {
		s->stats.imported++;
		return 1;
	}
	if (is_final(err)) {
		s->output->ops->off(s->output);
		return err;
	}
	if (fb != s->visible)
		xd_view_refuse(&s->views, fb, err);
	return 0;
}

int xd_screen_show(struct xd_screen *s, struct xd_fb *fb, uint32_t x,
		   uint32_t y)
{
	struct xd_fb *before = s->current;
	int ret;

	if (!fb) {
		switch_off(s);
		return 0;
	}
	ret = xd_view_add(&s->views, fb);
	if (ret)
		return ret;
	charge_modeset(s);
	ret = show_directly(s, fb, x, y);
	s->x = x;
	s->y = y;
	settle_flips(s);
	xd_fb_get(fb);
	s->current = fb;
	if (ret < 0)
		wait_for_output(s, ret);
	else if (ret)
		set_visible(s, fb);
	else
		start_copy(s, fb);
	xd_fb_put(before);
	s->last_flip = xdc_loop_now(s->loop);
	arm_refresh(s);
	return 0;
}

bool xd_screen_is_full(const struct xd_screen *s)
{
	return s->queued;
}

uint64_t xd_screen_next_flip(const struct xd_screen *s)
{
	return s->next_flip;
}

int xd_screen_flip(struct xd_screen *s, struct xd_fb *fb)
{
	int err;

	if (!s->current)
		return -EINVAL;
	if (s->queued)
		return -EBUSY;
	err = xd_view_add(&s->views, fb);
	if (err)
		return err;
	s->stats.flips++;
	s->guests_flip = xdc_loop_now(s->loop);
	if (!s->flying) {
		start_step(s, fb, true);
		return 0;
	}
	xd_fb_get(fb);
	s->queued = fb;
	return 0;
}

/* What the guest has shown or flipped to last; NULL: nothing */
static struct xd_fb *find_last(const struct xd_screen *s)
{
	if (s->queued)
		return s->queued;
	return s->pending ? s->pending : s->current;
}

/*
 * A guest may detach a framebuffer as soon as it flipped away from it.  Our
 * reference keeps it on screen until that flip is complete.
 */
static void fb_detached(struct xd_views *views, struct xd_fb *fb)
{
	struct xd_screen *s = container_of(views, struct xd_screen, views);
	const struct xd_fb *last;

	if (!s->output)
		return;
	if (s->queued == fb) {
		s->queued = NULL;
		s->stats.replaced++;
		answer_flip(s, fb);
		xd_fb_put(fb);
	}
	last = find_last(s);
	/* detached before a waiting flip that is over now */
	if (last == fb || (last && last->detached))
		xd_screen_show(s, NULL, 0, 0);
}

/* ---- the output ---- */

void xd_steps_adopt(struct xd_screen *s, struct xd_output *o)
{
	s->output = s->views.output = s->shadow.output = o;
	o->user = s;
	o->flip_done = flip_done;
	o->refused = output_refused;
	o->input = &s->input;
	if (s->current)
		start_step(s, s->current, false);
}

void xd_steps_leave(struct xd_screen *s)
{
	struct xd_fb *before = s->current;
	struct xd_fb *last = find_last(s);

	if (last)
		xd_fb_get(last);
	settle_flips(s);
	/* the guest is told that it is shown, and so the next output shows it */
	s->current = last;
	set_visible(s, NULL);
	xd_views_leave(&s->views);
	xd_shadow_leave(&s->shadow);
	s->output = s->views.output = s->shadow.output = NULL;
	xd_fb_put(before);
}

void xd_steps_init(struct xd_screen *s)
{
	xd_views_init(&s->views, s->guest, s->name, s->policy.zero_copy);
	s->views.detached = fb_detached;
	xd_shadow_init(&s->shadow, s->loop, &s->guest->budget);
	s->shadow.done = copy_done;
	xdc_timer_init(s->loop, &s->refresh, refresh_fired);
	xdc_timer_init(s->loop, &s->blind, blind_fired);
}

void xd_steps_fini(struct xd_screen *s)
{
	if (s->output && s->current) {
		charge_modeset(s);
		s->output->ops->off(s->output);
	}
	xd_shadow_cancel(&s->shadow);
	/* left if the output was lost */
	xd_fb_put(s->pending);
	xd_fb_put(s->queued);
	xd_fb_put(s->current);
	xd_fb_put(s->visible);
	s->pending = s->queued = s->current = s->visible = NULL;
	/* a framebuffer may outlive this screen on another one */
	xd_views_fini(&s->views);
	xd_shadow_leave(&s->shadow);
	xdc_timer_fini(&s->refresh);
	xdc_timer_fini(&s->blind);
}
