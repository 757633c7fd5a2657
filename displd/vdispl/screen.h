/* SPDX-License-Identifier: GPL-2.0-only */
/* A screen: one connector of a guest on one output.  Decides between import
 * and copy, keeps flips in order, and refreshes what is drawn without flips.
 */
#ifndef XD_VDISPL_SCREEN_H
#define XD_VDISPL_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/reason.h"
#include "config.h"
#include "vkb/input.h"
#include "output/output.h"
#include "vdispl/shadow.h"
#include "vdispl/view.h"

struct xd_fb;
struct xd_guest;
struct xd_screen;

struct xd_screen_stats {
	uint64_t flips; /* asked for by the guest */
	uint64_t done; /* told the guest that they are done */
	uint64_t replaced; /* done without being shown: a newer one came */
	uint64_t imported; /* shown as they are */
	uint64_t copied; /* shown as a copy */
	uint64_t refreshed; /* shown again without a flip */
	uint64_t failed; /* that the output refused */
};

struct xd_screen {
	struct xd_guest *guest;
	struct xdc_loop *loop;
	unsigned int index; /* the connector's */
	uint32_t width, height; /* the connector's */
	struct xd_policy policy;
	struct xd_output *output;
	struct xd_input input;
	struct xd_views views; /* of what is shown as it is */
	struct xd_shadow shadow; /* for what is copied */

	struct xd_fb *current; /* what the guest has made visible */
	struct xd_fb *pending; /* in the output's flip */
	struct xd_fb *queued; /* to come after it */
	bool flying; /* a flip of the output's is under way */
	bool answer; /* ... which the guest waits for */
	uint32_t x, y;
	uint64_t last_flip, guests_flip; /* any, and asked for */
	struct xdc_timer refresh;
	struct xdc_timer blind; /* in place of an output that does not flip */
	struct xdc_timer again; /* to look for an output that is away */
	bool away; /* it may come */
	/* for status, if the output was to be something else */
	char why_headless[XDC_REASON_MAX];
	uint64_t pause; /* before that, the last time */
	uint64_t opened; /* when the output was */
	struct xd_screen_stats stats;
	/* a flip of this framebuffer is finished: tell the guest */
	void (*done)(struct xd_screen *s, uint64_t fb_cookie);
	/* it has another output now: its input may be another, too */
	void (*changed)(struct xd_screen *s);
	/* nothing is left to show it on, not even headless */
	void (*failed)(struct xd_screen *s, const char *why);
};

/** xd_screen_init - the caller sets done(), changed() and failed() next */
int xd_screen_init(struct xd_screen *s, struct xdc_loop *loop,
		   struct xd_guest *guest, unsigned int index, uint32_t w,
		   uint32_t h, const struct xd_policy *policy);
/** xd_screen_fini - off, and everything let go of; no done() any more */
void xd_screen_fini(struct xd_screen *s);

/** xd_screen_show - begin to show @fb; NULL switches off */
int xd_screen_show(struct xd_screen *s, struct xd_fb *fb, uint32_t x,
		   uint32_t y);
/** xd_screen_flip - done() comes exactly once if this succeeds */
int xd_screen_flip(struct xd_screen *s, struct xd_fb *fb);
/** xd_screen_look - what it waits for may have come */
void xd_screen_look(struct xd_screen *s);

/**
 * xd_screen_advice - what to do for a screen that was to be chosen
 *
 * NULL if there is one, or if the configuration says what to show it on.
 */
const char *xd_screen_advice(const struct xd_screen *s);

/** xd_screen_shot - what the guest shows, as XRGB8888 of @w x @h */
int xd_screen_shot(struct xd_screen *s, void *pixels, uint32_t pitch,
		   uint32_t w, uint32_t h);

#endif
