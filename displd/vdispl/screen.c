// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/container_of.h"
#include "guest.h"
#include "output/open.h"
#include "vdispl/screen.h"

/* between retries of a missing output: doubled each time */
#define AGAIN_MIN (XDC_NS_PER_S / 4)
#define AGAIN_MAX (8 * XDC_NS_PER_S)

static void output_broken(struct xd_output *o, struct xd_image *image,
			  const char *why)
{
	struct xd_screen *s = o->user;

	xd_views_distrust(&s->views, image, why);
}

static void output_has_room(struct xd_output *o)
{
	struct xd_screen *s = o->user;

	s->room(s);
}

bool xd_screen_output_is_full(const struct xd_screen *s)
{
	const struct xd_output *o = s->output;

	return o && o->ops->is_full && o->ops->is_full(o);
}

static void output_lost(struct xd_output *o);

static void adopt_output(struct xd_screen *s, struct xd_output *o)
{
	s->opened = xdc_now();
	o->lost = output_lost;
	o->broke = output_broken;
	o->room = output_has_room;
	xd_steps_adopt(s, o);
}

static int open_headless(struct xd_screen *s)
{
	struct xd_policy headless = s->policy;
	struct xd_output *o;
	struct xdc_reason why;
	int err;

	headless.output = XD_OUTPUT_HEADLESS;
	err = xd_output_open(s->loop, &s->guest->owner, &headless, s->width,
			     s->height, &o, &why);
	if (err)
		xd_guest_log(s->guest, XDC_ERROR, "connector %s: %s", s->name,
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
	/* it is about to be opened again */
	if (s->again.at)
		return NULL;
	if (s->away)
		return "set output for this guest in xen-displd.conf(5), or connect a screen, which is used at once";
	return "set output = wayland for this guest in xen-displd.conf(5), or end that program and start the guest again";
}

/*
 * With "auto" a missing screen is not waited for with a timer: each retry takes the
 * card for a moment and probes its connectors, and nothing in the configuration
 * asks for that.  But of a card that udev has yet to let this daemon open, no event
 * tells when it does.  Returns whether the output is opened again.
 */
static bool plan_retry(struct xd_screen *s, int err, const char *why)
{
	bool chosen = s->policy.output == XD_OUTPUT_AUTO;
	bool denied = chosen && err == -EACCES;

	if (!denied && !xd_output_is_temporary(err))
		return false;
	if (denied ? s->pause >= AGAIN_MAX : chosen && err == -EAGAIN) {
		wait_for_hotplug(s, why);
		return !denied;
	}
	retry_later(s, why);
	return true;
}

static void report_missing(struct xd_screen *s, int err, const char *why)
{
	bool later = plan_retry(s, err, why);
	const char *advice;

	if (!later)
		snprintf(s->why_headless, sizeof(s->why_headless), "%s", why);
	advice = xd_screen_advice(s);
	xd_guest_log(s->guest, XDC_WARNING,
		     "connector %s is headless%s: %s%s%s", s->name,
		     later ? " for now" : "", why, advice ? ". Try: " : "",
		     advice ? advice : "");
}

static void report_output(struct xd_screen *s)
{
	bool chosen = s->policy.output == XD_OUTPUT_AUTO;
	char name[160];
	uint32_t w, h;

	s->why_headless[0] = '\0';
	s->output->ops->describe(s->output, name, sizeof(name), &w, &h);
	xd_guest_log(s->guest, XDC_INFO, "connector %s is on %s%s", s->name,
		     name, chosen ? ", which was free (output = auto)" : "");
}

static int open_output(struct xd_screen *s)
{
	struct xd_output *o;
	struct xdc_reason why;
	int err;

	if (s->policy.output == XD_OUTPUT_HEADLESS)
		return open_headless(s);
	err = xd_output_open(s->loop, &s->guest->owner, &s->policy, s->width,
			     s->height, &o, &why);
	if (!err) {
		adopt_output(s, o);
		report_output(s);
		return 0;
	}
	/* the guest continues without a screen, and status has the reason */
	report_missing(s, err, why.text);
	return open_headless(s);
}

/* Closes the output, with its imported images and refusals */
static void drop_output(struct xd_screen *s)
{
	struct xd_output *o = s->output;

	xd_steps_leave(s);
	xd_output_close(o);
}

static void output_lost(struct xd_output *o)
{
	struct xd_screen *s = o->user;

	xd_guest_log(s->guest, XDC_WARNING,
		     "connector %s is headless for now: output %s lost",
		     s->name, o->ops->name);
	xd_views_lost(&s->views);
	drop_output(s);
	if (xdc_now() - s->opened > AGAIN_MAX)
		s->pause = 0;
	retry_later(s, "output lost");
	if (open_headless(s)) {
		s->failed(s, "no output available");
		return;
	}
	/* a screen that is not shown gets no input */
	s->changed(s);
	/* the lost output may have been full */
	s->room(s);
}

static void again_fired(struct xdc_timer *t)
{
	struct xd_screen *s = container_of(t, struct xd_screen, again);
	struct xd_output *o;
	struct xdc_reason why;
	int err;

	s->away = false;
	err = xd_output_open(s->loop, &s->guest->owner, &s->policy, s->width,
			     s->height, &o, &why);
	if (err) {
		if (!plan_retry(s, err, why.text))
			report_missing(s, err, why.text);
		return;
	}
	/* replace the headless output */
	if (s->current)
		s->output->ops->off(s->output);
	drop_output(s);
	adopt_output(s, o);
	report_output(s);
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

int xd_screen_init(struct xd_screen *s, struct xdc_loop *loop,
		   struct xd_guest *guest, int place, uint32_t w, uint32_t h,
		   const struct xd_policy *policy)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->guest = guest;
	s->loop = loop;
	s->place = place;
	xd_place_format(s->name, place);
	s->width = w;
	s->height = h;
	s->input.width = w;
	s->input.height = h;
	s->policy = *policy;
	xd_steps_init(s);
	xdc_timer_init(loop, &s->again, again_fired);
	err = open_output(s);
	if (err)
		xd_screen_fini(s);
	return err;
}

void xd_screen_fini(struct xd_screen *s)
{
	if (!s->loop)
		return;
	xd_steps_fini(s);
	xd_output_close(s->output);
	s->output = NULL;
	xdc_timer_fini(&s->again);
	s->loop = NULL;
}
