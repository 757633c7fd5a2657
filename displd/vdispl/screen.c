// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/container_of.h"
#include "vdispl/dbuf.h"
#include "vdispl/fb.h"
#include "guest.h"
#include "output/open.h"
#include "vdispl/screen.h"

/* 60 Hz, for flips that the output refused */
#define BLIND_PERIOD (XDC_NS_PER_S / 60)
/* this long after a flip, the guest may draw without flips */
#define FLIPPING XDC_NS_PER_S
/* between retries of a missing output: doubled each time */
#define AGAIN_MIN (XDC_NS_PER_S / 4)
#define AGAIN_MAX (8 * XDC_NS_PER_S)

static void answer_flip(struct xd_screen *s, const struct xd_fb *fb)
{
	s->stats.done++;
	s->done(s, fb->desc.cookie);
}

/*
 * The output refused a flip.  Complete the flip after the usual time, unseen:
 * the guest cannot help it, and the output may recover.
 */
static void complete_unseen(struct xd_screen *s, int err)
{
	if (!s->stats.failed++)
		xd_guest_log(s->guest, XDC_WARNING,
			     "connector %u: page flip on %s failed: %s",
			     s->index, s->output->ops->name, strerror(-err));
	xdc_timer_in(&s->blind, BLIND_PERIOD);
}

static int show_copy(struct xd_screen *s, struct xd_fb *fb)
{
	struct xd_image *image;
	int err = xd_shadow_copy(&s->shadow, fb, s->x, s->y, &image);

	if (!err)
		err = s->output->ops->show(s->output, image, s->x, s->y);
	if (err)
		return err;
	xd_shadow_swap(&s->shadow);
	s->stats.copied++;
	return 0;
}

/* The copy for a flip is complete */
static void copy_done(struct xd_shadow *shadow, struct xd_image *image, int err)
{
	struct xd_screen *s = container_of(shadow, struct xd_screen, shadow);

	if (!err)
		err = s->output->ops->flip(s->output, image);
	if (err) {
		complete_unseen(s, err);
		return;
	}
	xd_shadow_swap(shadow);
	s->stats.copied++;
}

/*
 * Shows @fb, or flips to it.  If it cannot be shown directly it is copied, for
 * a flip in the loop's next turns.
 */
static int show_or_flip(struct xd_screen *s, struct xd_fb *fb, bool flip)
{
	const struct xd_output_ops *ops = s->output->ops;
	struct xd_image *image = xd_view_image(&s->views, fb);
	int err;

	if (image) {
		err = flip ? ops->flip(s->output, image)
			   : ops->show(s->output, image, s->x, s->y);
		if (!err) {
			s->stats.imported++;
			return 0;
		}
		/* errors that a copy would not avoid */
		if (err == -EBUSY || err == -EACCES || err == -ENODEV)
			return err;
		if (fb != s->current)
			xd_view_refuse(&s->views, fb, err);
	}
	if (!flip)
		return show_copy(s, fb);
	xd_shadow_begin(&s->shadow, fb, s->x, s->y);
	return 0;
}

static void start_flip(struct xd_screen *s, struct xd_fb *fb, bool guests)
{
	int err;

	s->last_flip = xdc_now();
	err = show_or_flip(s, fb, true);
	if (err)
		complete_unseen(s, err);
	xd_fb_get(fb);
	s->pending = fb;
	s->flying = true;
	s->answer = guests;
}

static void finish_flip(struct xd_screen *s)
{
	struct xd_fb *before = s->current;
	struct xd_fb *next = s->queued;

	s->current = s->pending;
	s->pending = NULL;
	s->flying = false;
	if (s->answer)
		answer_flip(s, s->current);
	xd_fb_put(before);
	if (!next)
		return;
	s->queued = NULL;
	start_flip(s, next, true);
	xd_fb_put(next);
}

static void flip_done(struct xd_output *o)
{
	struct xd_screen *s = o->user;

	/* during a copy the output has no flip of this screen */
	if (s->flying && !xd_shadow_is_copying(&s->shadow))
		finish_flip(s);
}

static void blind_fired(struct xdc_timer *t)
{
	struct xd_screen *s = container_of(t, struct xd_screen, blind);

	if (s->flying)
		finish_flip(s);
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
	s->flying = false;
	if (queued) {
		s->stats.replaced++;
		answer_flip(s, queued);
	}
	xd_fb_put(pending);
	xd_fb_put(queued);
}

static void arm_refresh(struct xd_screen *s)
{
	uint64_t period;

	if (!s->policy.refresh || !s->current)
		return;
	period = XDC_NS_PER_S / s->policy.refresh;
	xdc_timer_in(&s->refresh, period);
}

static void refresh_fired(struct xdc_timer *t)
{
	struct xd_screen *s = container_of(t, struct xd_screen, refresh);
	uint64_t now = xdc_now();
	bool stale = now - s->last_flip >= XDC_NS_PER_S / s->policy.refresh &&
		     now - s->guests_flip >= FLIPPING;

	if (s->current && !s->flying && stale &&
	    (s->output->needs_flips ||
	     xd_view_is_copied(&s->views, s->current))) {
		s->stats.refreshed++;
		start_flip(s, s->current, false);
	}
	arm_refresh(s);
}

/* The output imported an image that it cannot show: copy it from now on */
static void output_refused(struct xd_output *o, struct xd_image *image, int why)
{
	struct xd_screen *s = o->user;
	bool flip = s->flying;
	struct xd_fb *up = flip ? s->pending : s->current;
	struct xd_view *view = xd_view_by_image(&s->views, image);
	struct xd_fb *fb;
	int err;

	if (!view)
		return;
	fb = view->fb;
	xd_view_refuse(&s->views, fb, why);
	if (fb != up)
		return;
	s->stats.imported--;
	err = show_or_flip(s, fb, flip);
	if (err && flip)
		complete_unseen(s, err);
}

static void output_lost(struct xd_output *o);

static void adopt_output(struct xd_screen *s, struct xd_output *o)
{
	s->output = s->views.output = s->shadow.output = o;
	s->opened = xdc_now();
	o->user = s;
	o->flip_done = flip_done;
	o->lost = output_lost;
	o->refused = output_refused;
	o->input = &s->input;
}

static int open_headless(struct xd_screen *s)
{
	struct xd_policy headless = s->policy;
	struct xd_output *o;
	struct xdc_reason why;
	int err;

	headless.output = XD_OUTPUT_HEADLESS;
	err = xd_output_open(s->loop, &headless, s->width, s->height, &o, &why);
	if (err)
		xd_guest_log(s->guest, XDC_ERROR, "connector %u: %s", s->index,
			     why.text);
	else
		adopt_output(s, o);
	return err;
}

/* Waits for a hotplug event, without a timer */
static void wait_for_hotplug(struct xd_screen *s, const char *why)
{
	s->away = true;
	snprintf(s->why_headless, sizeof(s->why_headless), "%s", why);
}

static void retry_later(struct xd_screen *s, const char *why)
{
	wait_for_hotplug(s, why);
	s->pause = s->pause ? 2 * s->pause : AGAIN_MIN;
	if (s->pause > AGAIN_MAX)
		s->pause = AGAIN_MAX;
	xdc_timer_in(&s->again, s->pause);
}

const char *xd_screen_advice(const struct xd_screen *s)
{
	if (s->policy.output != XD_OUTPUT_AUTO || !s->why_headless[0])
		return NULL;
	if (s->away)
		return "set output for this guest in xen-displd.conf(5), or connect a screen, which is used at once";
	return "set output = wayland for this guest in xen-displd.conf(5), or end that program and start the guest again";
}

/*
 * With "auto" there is no timer: each retry takes the card for a moment and
 * probes its connectors, and nothing in the configuration asks for that.
 */
static void report_missing(struct xd_screen *s, int err, const char *why)
{
	const char *advice;

	if (err != -EAGAIN)
		snprintf(s->why_headless, sizeof(s->why_headless), "%s", why);
	else if (s->policy.output == XD_OUTPUT_AUTO)
		wait_for_hotplug(s, why);
	else
		retry_later(s, why);
	advice = xd_screen_advice(s);
	xd_guest_log(s->guest, XDC_WARNING,
		     "connector %u is headless%s: %s%s%s", s->index,
		     err == -EAGAIN ? " for now" : "", why,
		     advice ? ". Try: " : "", advice ? advice : "");
}

static void report_output(struct xd_screen *s)
{
	bool chosen = s->policy.output == XD_OUTPUT_AUTO;
	char name[160];
	uint32_t w, h;

	s->why_headless[0] = '\0';
	s->output->ops->describe(s->output, name, sizeof(name), &w, &h);
	xd_guest_log(s->guest, XDC_INFO, "connector %u is on %s%s", s->index,
		     name, chosen ? ", which was free (output = auto)" : "");
}

static int open_output(struct xd_screen *s)
{
	struct xd_output *o;
	struct xdc_reason why;
	int err;

	if (s->policy.output == XD_OUTPUT_HEADLESS)
		return open_headless(s);
	err = xd_output_open(s->loop, &s->policy, s->width, s->height, &o,
			     &why);
	if (!err) {
		adopt_output(s, o);
		report_output(s);
		return 0;
	}
	/* the guest continues without a screen, and status has the reason */
	report_missing(s, err, why.text);
	return open_headless(s);
}

static void close_output(struct xd_screen *s)
{
	xd_shadow_leave(&s->shadow);
	xd_output_close(s->output);
	s->output = s->views.output = s->shadow.output = NULL;
}

/* Closes the output, with its imported images and refusals */
static void drop_output(struct xd_screen *s)
{
	settle_flips(s);
	xd_views_leave(&s->views);
	close_output(s);
}

static void output_lost(struct xd_output *o)
{
	struct xd_screen *s = o->user;

	xd_guest_log(s->guest, XDC_WARNING,
		     "connector %u is headless for now: output %s lost",
		     s->index, o->ops->name);
	drop_output(s);
	if (xdc_now() - s->opened > AGAIN_MAX)
		s->pause = 0;
	retry_later(s, "output lost");
	if (open_headless(s)) {
		s->failed(s, "no output available");
		return;
	}
	if (s->current)
		show_or_flip(s, s->current, false);
	/* a screen that is not shown gets no input */
	s->changed(s);
}

static void again_fired(struct xdc_timer *t)
{
	struct xd_screen *s = container_of(t, struct xd_screen, again);
	struct xd_output *o;
	struct xdc_reason why;
	int err;

	s->away = false;
	err = xd_output_open(s->loop, &s->policy, s->width, s->height, &o,
			     &why);
	if (err == -EAGAIN && s->policy.output == XD_OUTPUT_AUTO)
		wait_for_hotplug(s, why.text);
	else if (err == -EAGAIN)
		retry_later(s, why.text);
	else if (err)
		report_missing(s, err, why.text);
	if (err)
		return;
	/* replace the headless output */
	if (s->current)
		s->output->ops->off(s->output);
	drop_output(s);
	adopt_output(s, o);
	report_output(s);
	if (s->current)
		show_or_flip(s, s->current, false);
	/* it may get input of this machine now */
	s->changed(s);
}

void xd_screen_look(struct xd_screen *s)
{
	if (!s->away)
		return;
	/* not at once: udev may have to set permissions first */
	s->pause = AGAIN_MIN;
	xdc_timer_in(&s->again, s->pause);
}

/*
 * A guest may detach a framebuffer as soon as it flipped away from it.  Our
 * reference keeps it on screen until that flip is complete.
 */
static void fb_detached(struct xd_views *views, struct xd_fb *fb)
{
	struct xd_screen *s = container_of(views, struct xd_screen, views);
	struct xd_fb *last;

	if (!s->output)
		return;
	if (s->queued == fb) {
		s->queued = NULL;
		s->stats.replaced++;
		answer_flip(s, fb);
		xd_fb_put(fb);
	}
	last = s->queued ? s->queued : s->pending ? s->pending : s->current;
	if (last == fb)
		xd_screen_show(s, NULL, 0, 0);
}

int xd_screen_init(struct xd_screen *s, struct xdc_loop *loop,
		   struct xd_guest *guest, unsigned int index, uint32_t w,
		   uint32_t h, const struct xd_policy *policy)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->guest = guest;
	s->loop = loop;
	s->index = index;
	s->width = w;
	s->height = h;
	s->input.width = w;
	s->input.height = h;
	s->policy = *policy;
	xd_views_init(&s->views, guest, index, policy->zero_copy);
	s->views.detached = fb_detached;
	xd_shadow_init(&s->shadow, loop);
	s->shadow.done = copy_done;
	s->refresh.source.fd = s->blind.source.fd = s->again.source.fd = -1;
	err = xdc_timer_init(loop, &s->refresh, refresh_fired);
	if (!err)
		err = xdc_timer_init(loop, &s->blind, blind_fired);
	if (!err)
		err = xdc_timer_init(loop, &s->again, again_fired);
	if (!err)
		err = open_output(s);
	if (err)
		xd_screen_fini(s);
	return err;
}

void xd_screen_fini(struct xd_screen *s)
{
	if (!s->loop)
		return;
	if (s->output)
		s->output->ops->off(s->output);
	xd_shadow_cancel(&s->shadow);
	/* left if the output was lost */
	xd_fb_put(s->pending);
	xd_fb_put(s->queued);
	xd_fb_put(s->current);
	s->pending = s->queued = s->current = NULL;
	/* a framebuffer may outlive this screen on another one */
	xd_views_fini(&s->views);
	if (s->output)
		close_output(s);
	xdc_timer_fini(&s->refresh);
	xdc_timer_fini(&s->blind);
	xdc_timer_fini(&s->again);
	s->loop = NULL;
}

int xd_screen_show(struct xd_screen *s, struct xd_fb *fb, uint32_t x,
		   uint32_t y)
{
	struct xd_fb *before = s->current;
	int err;

	if (!fb) {
		s->output->ops->off(s->output);
		settle_flips(s);
		s->current = NULL;
		xd_fb_put(before);
		return 0;
	}
	err = xd_view_add(&s->views, fb);
	if (err)
		return err;
	s->x = x;
	s->y = y;
	err = show_or_flip(s, fb, false);
	if (err)
		return err;
	settle_flips(s);
	xd_fb_get(fb);
	s->current = fb;
	xd_fb_put(before);
	s->last_flip = xdc_now();
	arm_refresh(s);
	return 0;
}

int xd_screen_flip(struct xd_screen *s, struct xd_fb *fb)
{
	int err;

	if (!s->current)
		return -EINVAL;
	err = xd_view_add(&s->views, fb);
	if (err)
		return err;
	s->stats.flips++;
	s->guests_flip = xdc_now();
	if (!s->flying) {
		start_flip(s, fb, true);
		return 0;
	}
	/* at most one flip is queued: the newest */
	if (s->queued) {
		s->stats.replaced++;
		answer_flip(s, s->queued);
		xd_fb_put(s->queued);
	}
	xd_fb_get(fb);
	s->queued = fb;
	return 0;
}

int xd_screen_shot(struct xd_screen *s, void *pixels, uint32_t pitch,
		   uint32_t w, uint32_t h)
{
	const struct xd_rows dst = {
		.pixels = pixels,
		.pitch = pitch,
		.width = w,
		.height = h,
	};
	struct xd_dbuf *dbuf;
	bool mapped;
	int err;

	if (!s->current)
		return -ENODATA;
	dbuf = s->current->dbuf;
	mapped = dbuf->map;
	err = xd_fb_copy(s->current, &dst, s->x, s->y);
	if (!mapped)
		xd_dbuf_unmap(dbuf);
	return err;
}
