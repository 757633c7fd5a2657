/* SPDX-License-Identifier: GPL-2.0-only */
/* A screen: one connector of a guest on one output.  Decides between import
 * and copy, keeps flips in order, and refreshes what is drawn without flips.
 */
#ifndef XD_VDISPL_SCREEN_H
#define XD_VDISPL_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "vkb/input.h"
#include "common/loop.h"
#include "output/output.h"

struct xd_fb;
struct xd_frontend;
struct xd_screen;

struct xd_screen_stats {
	uint64_t flips; /* asked for by the guest */
	uint64_t done; /* told the guest that they are done */
	uint64_t replaced; /* done without being shown: a newer one came */
	uint64_t imported; /* shown as they are */
	uint64_t copied; /* shown as a copy */
	uint64_t buffers_imported, buffers_copied; /* different ones */
	uint64_t refreshed; /* shown again without a flip */
	uint64_t failed; /* that the output refused */
};

struct xd_screen {
	struct xd_frontend *frontend;
	struct xdc_loop *loop;
	unsigned int index; /* the connector's */
	uint32_t width, height; /* the connector's */
	struct xd_policy policy;
	struct xd_output *output;
	struct xd_input input;
	char why_copied[80]; /* the last reason, for status */

	struct xd_fb *current; /* what the guest has made visible */
	struct xd_fb *pending; /* in the output's flip */
	struct xd_fb *queued; /* to come after it */
	bool flying; /* a flip of the output's is under way */
	bool answer; /* ... which the guest waits for */
	uint32_t x, y;
	struct xd_image *shadow[2]; /* for copies, made when needed */
	unsigned int shadow_shown;
	struct xdc_work copying; /* of pending, in more than one turn */
	uint32_t rows_copied; /* by then */
	uint64_t last_flip, guests_flip; /* any, and asked for */
	struct xdc_timer refresh;
	struct xdc_timer blind; /* in place of an output that does not flip */
	struct xdc_timer again; /* to look for an output that is away */
	bool away; /* it may come */
	char why_headless[160]; /* if it was to be something else; for status */
	uint64_t pause; /* before that, the last time */
	uint64_t opened; /* when the output was */
	struct xd_screen_stats stats;
	/* a flip of this framebuffer is finished: tell the guest */
	void (*done)(struct xd_screen *s, uint64_t fb_cookie);
};

int xd_screen_init(struct xd_screen *s, struct xdc_loop *loop,
		   struct xd_frontend *f, unsigned int index, uint32_t w,
		   uint32_t h, const struct xd_policy *policy);
/** xd_screen_fini - off, and everything let go of; no done() any more */
void xd_screen_fini(struct xd_screen *s);

/** xd_screen_show - begin to show @fb; NULL switches off */
int xd_screen_show(struct xd_screen *s, struct xd_fb *fb, uint32_t x,
		   uint32_t y);
/** xd_screen_flip - done() comes exactly once if this succeeds */
int xd_screen_flip(struct xd_screen *s, struct xd_fb *fb);
/** xd_screen_forget - the guest takes @fb away, shown or not */
void xd_screen_forget(struct xd_screen *s, struct xd_fb *fb);
/** xd_screen_lost - xd_output.lost: goes on headless until it is back */
void xd_screen_lost(struct xd_output *o);
/** xd_screen_look - what it waits for may have come */
void xd_screen_look(struct xd_screen *s);

/**
 * xd_screen_advice - what to do for a screen that was to be chosen
 *
 * NULL if there is one, or if the configuration says what to show it on.
 */
const char *xd_screen_advice(const struct xd_screen *s);

/** xd_screen_unseen - the output does not flip, and the guest goes on */
void xd_screen_unseen(struct xd_screen *s, int err);

/* screen-image.c: */

/**
 * xd_screen_put_up - show or @flip; what cannot be shown as it is is copied
 *
 * For a flip that is done in the loop's next turns, of s->pending: others have
 * a right to be served meanwhile.  xd_screen_unseen() if it fails.
 */
int xd_screen_put_up(struct xd_screen *s, struct xd_fb *fb, bool flip);
/** xd_screen_copy_more - s->copying */
void xd_screen_copy_more(struct xdc_work *w);
/** xd_screen_refuse - the output does not take it as it is after all */
void xd_screen_refuse(struct xd_screen *s, struct xd_fb *fb, int err);
/** xd_screen_release - @fb is nobody's any more: its image goes */
void xd_screen_release(struct xd_screen *s, struct xd_fb *fb);
/** xd_screen_shot - what the guest shows, as XRGB8888 of @w x @h */
int xd_screen_shot(struct xd_screen *s, void *pixels, uint32_t pitch,
		   uint32_t w, uint32_t h);

#endif
