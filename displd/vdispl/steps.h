/* SPDX-License-Identifier: GPL-2.0-only */
/* What a screen shows, one step after the other: it imports or copies
 * framebuffers, orders flips, and refreshes what a guest draws without flips.
 */
#ifndef XD_VDISPL_STEPS_H
#define XD_VDISPL_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/reason.h"
#include "config.h"
#include "place.h"
#include "input.h"
#include "output/output.h"
#include "vdispl/shadow.h"
#include "vdispl/view.h"

struct xd_fb;
struct xd_guest;
struct xd_screen;

struct xd_screen_stats {
	uint64_t flips; /* requested by the guest */
	uint64_t done; /* reported to the guest as complete */
	uint64_t replaced; /* completed unseen: detached, or switched off */
	uint64_t imported; /* shown directly */
	uint64_t copied; /* shown as a copy */
	uint64_t refreshed; /* shown again without a flip */
	uint64_t failed; /* refused by the output */
};

struct xd_screen {
	struct xd_guest *guest;
	struct xdc_loop *loop;
	int place; /* the connector's, see place.h */
	char name[XD_PLACE_TEXT]; /* the place, for messages */
	uint32_t width, height; /* the connector's */
	struct xd_policy policy;
	struct xd_output *output;
	struct xd_input input;
	struct xd_views views; /* of what is shown directly */
	struct xd_shadow shadow; /* of what is copied */

	struct xd_fb *current; /* what the guest shows */
	/*
	 * What the output shows: the same, unless the output refused a flip.
	 * NULL: nothing
	 */
	struct xd_fb *visible;
	struct xd_fb *pending; /* of the flip in progress */
	struct xd_fb *queued; /* of the next flip */
	bool flying; /* a flip, or a copy to be shown, is in progress */
	bool answer; /* ... and the guest waits for it */
	bool show; /* ... and the output is told to show, not to flip */
	bool timed; /* ... and blind ends it */
	uint64_t stale; /* since when current is not visible; 0: it is */
	uint64_t patience; /* before the output is told again */
	uint32_t x, y;
	uint64_t last_flip, guests_flip; /* of any flip; of a guest's flip */
	uint64_t next_flip; /* a guest's should not begin before */
	struct xdc_timer refresh;
	/* ends a flip that the output refused, and tells the output again */
	struct xdc_timer blind;
	struct xdc_timer again; /* retries to open the output */
	bool away; /* headless until the output is available */
	char why_headless[XDC_REASON_MAX]; /* the reason, for status */
	uint64_t pause; /* last delay of again, in ns */
	uint64_t opened; /* when the output was opened */
	struct xd_screen_stats stats;
	/* the flip to this framebuffer is complete: tell the guest */
	void (*done)(struct xd_screen *s, uint64_t fb_cookie);
	/* the output was replaced, which may change the input */
	void (*changed)(struct xd_screen *s);
	/* xd_screen_output_is_full() is false again */
	void (*room)(struct xd_screen *s);
	/* no output could be opened, not even a headless one */
	void (*failed)(struct xd_screen *s, const char *why);
};

/** xd_screen_is_full - a flip waits: another one has to wait for done() */
bool xd_screen_is_full(const struct xd_screen *s);
/** xd_screen_next_flip - when the guest's next flip may begin; 0: at any time */
uint64_t xd_screen_next_flip(const struct xd_screen *s);

/** xd_screen_show - show @fb; NULL: switch off */
int xd_screen_show(struct xd_screen *s, struct xd_fb *fb, uint32_t x,
		   uint32_t y);
/** xd_screen_flip - on success, done() is called exactly once */
int xd_screen_flip(struct xd_screen *s, struct xd_fb *fb);
/* For screen.c: */
void xd_steps_init(struct xd_screen *s);
/** xd_steps_fini - switch off and release everything; no callbacks */
void xd_steps_fini(struct xd_screen *s);
/** xd_steps_adopt - use this output, and show on it what the guest shows */
void xd_steps_adopt(struct xd_screen *s, struct xd_output *o);
/** xd_steps_leave - the output is closed next */
void xd_steps_leave(struct xd_screen *s);

#endif
