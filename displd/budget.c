// SPDX-License-Identifier: GPL-2.0-only
#include <sys/param.h>

#include "budget.h"
#include "common/container_of.h"

/* what a guest has not used lately it may use at once, up to this much */
#define FLIPS_BURST (XDC_NS_PER_S / 4)
#define MODESETS_BURST (2 * XDC_NS_PER_S)
#define TIME_BURST (10 * XDC_NS_PER_MS)
/* the longest pause; a busy machine makes requests slow, and is no guest's fault */
#define TIME_PAUSE (100 * XDC_NS_PER_MS)

/* guests with copies in progress */
static unsigned int copying;

static void wake_all(struct xdc_timer *t)
{
	struct xd_budget *b = container_of(t, struct xd_budget, timer);
	struct xd_wait *w;

	b->wake = 0;
	while ((w = LIST_FIRST(&b->waits))) {
		xd_budget_forget(w);
		xdc_loop_later(t->loop, w->work);
	}
}

void xd_budget_init(struct xd_budget *b, struct xdc_loop *loop)
{
	LIST_INIT(&b->waits);
	xdc_timer_init(loop, &b->timer, wake_all);
}

void xd_budget_fini(struct xd_budget *b)
{
	xdc_timer_fini(&b->timer);
}

/* ---- flips, mode settings and time ---- */

static uint64_t wait_for(uint64_t due, uint64_t burst, uint64_t now)
{
	return due > now + burst ? due - now - burst : 0;
}

static uint64_t add_cost(uint64_t due, uint64_t cost, uint64_t now)
{
	return (due > now ? due : now) + cost;
}

uint64_t xd_budget_delay(const struct xd_budget *b,
			 const struct xd_policy *policy, enum xd_cost what,
			 uint64_t now)
{
	uint64_t ns = 0;

	if (policy->max_time)
		ns = wait_for(b->time, TIME_BURST, now);
	if (what == XD_COST_FLIP && policy->max_flips)
		ns = MAX(ns, wait_for(b->flips, FLIPS_BURST, now));
	if (what == XD_COST_MODESET && policy->max_modesets)
		ns = MAX(ns, wait_for(b->modesets, MODESETS_BURST, now));
	return ns;
}

void xd_budget_charge(struct xd_budget *b, const struct xd_policy *policy,
		      enum xd_cost what, uint64_t now)
{
	if (what == XD_COST_FLIP && policy->max_flips)
		b->flips = add_cost(b->flips, XDC_NS_PER_S / policy->max_flips,
				    now);
	if (what == XD_COST_MODESET && policy->max_modesets)
		b->modesets = add_cost(
			b->modesets, XDC_NS_PER_S / policy->max_modesets, now);
}

void xd_budget_spend(struct xd_budget *b, const struct xd_policy *policy,
		     uint64_t begin, uint64_t now)
{
	uint64_t most = now + TIME_BURST + TIME_PAUSE;

	if (!policy->max_time)
		return;
	b->time = add_cost(b->time, (now - begin) * 100 / policy->max_time,
			   begin);
	if (b->time > most)
		b->time = most;
}

bool xd_budget_start(struct xd_budget *b)
{
	if (b->begun)
		return false;
	b->begun = xdc_now();
	return true;
}

void xd_budget_stop(struct xd_budget *b, const struct xd_policy *policy)
{
	xd_budget_spend(b, policy, b->begun, xdc_now());
	b->begun = 0;
}

/* ---- waiting ---- */

void xd_budget_hold(struct xd_budget *b, struct xd_wait *w, uint64_t at)
{
	if (!w->listed)
		LIST_INSERT_HEAD(&b->waits, w, link);
	w->listed = true;
	/* what is woken too early looks again, and waits on */
	if (b->wake && b->wake <= at)
		return;
	b->wake = at;
	xdc_timer_at(&b->timer, at);
}

void xd_budget_forget(struct xd_wait *w)
{
	if (w->listed)
		LIST_REMOVE(w, link);
	w->listed = false;
}

/* ---- copies ---- */

void xd_budget_begin_copy(struct xd_budget *b)
{
	copying += !b->copies++;
}

void xd_budget_end_copy(struct xd_budget *b)
{
	copying -= !--b->copies;
}

size_t xd_budget_copy(const struct xd_budget *b)
{
	return XD_TURN_BYTES / copying / b->copies;
}
