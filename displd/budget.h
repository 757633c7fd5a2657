/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest may cost this thread, which serves all guests: page flips, mode
 * settings, time and copies.  Whatever is over it waits in the guest's ring, and
 * the other guests are served meanwhile.
 *
 * To read the clock twice takes as long as to serve a flip.  So flips are counted, and
 * time is measured of other requests, and of the imports that a flip may need.
 */
#ifndef XD_BUDGET_H
#define XD_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/loop.h"
#include "config.h"

/* Copied in one turn of the loop: a quarter of a picture of 1920x1080 */
#define XD_TURN_BYTES ((size_t)2 << 20)

enum xd_cost {
	XD_COST_TIME, /* of any request */
	XD_COST_FLIP,
	XD_COST_MODESET, /* a screen is switched on or off */
};

/* Work that waits until its guest may cost something again */
struct xd_wait {
	LIST_ENTRY(xd_wait) link;
	struct xdc_work *work;
	bool listed;
};

struct xd_budget {
	/* what was used, as the time at which it would be due at the limit */
	uint64_t flips, modesets, time;
	uint64_t begun; /* of what is measured; 0: nothing is */
	unsigned int copies; /* in progress */
	struct xdc_timer timer;
	uint64_t wake; /* when timer fires; 0: it does not */
	LIST_HEAD(xd_waits, xd_wait) waits;
};

void xd_budget_init(struct xd_budget *b, struct xdc_loop *loop);
void xd_budget_fini(struct xd_budget *b);

/**
 * xd_budget_delay - nanoseconds until a request of this kind may be served
 *
 * 0: now.  Every request costs time as well.
 */
uint64_t xd_budget_delay(const struct xd_budget *b,
			 const struct xd_policy *policy, enum xd_cost what,
			 uint64_t now);
/** xd_budget_charge - a flip was asked for, or a mode setting made */
void xd_budget_charge(struct xd_budget *b, const struct xd_policy *policy,
		      enum xd_cost what, uint64_t now);
/** xd_budget_spend - this thread has worked for the guest since @begin */
void xd_budget_spend(struct xd_budget *b, const struct xd_policy *policy,
		     uint64_t begin, uint64_t now);

/**
 * xd_budget_start - measure the time of what follows, until xd_budget_stop()
 *
 * False: it is part of something that is measured already.
 */
bool xd_budget_start(struct xd_budget *b);
void xd_budget_stop(struct xd_budget *b, const struct xd_policy *policy);

/** xd_budget_hold - call xdc_loop_later() for @w->work at @at, or earlier */
void xd_budget_hold(struct xd_budget *b, struct xd_wait *w, uint64_t at);
/** xd_budget_forget - also if it does not wait */
void xd_budget_forget(struct xd_wait *w);

/*
 * Copies share XD_TURN_BYTES in a turn of the loop, each guest alike, however many
 * copies it has in progress.
 */
void xd_budget_begin_copy(struct xd_budget *b);
void xd_budget_end_copy(struct xd_budget *b);
/** xd_budget_copy - bytes that one copy in progress may copy in this turn */
size_t xd_budget_copy(const struct xd_budget *b);

#endif
