/* SPDX-License-Identifier: GPL-2.0-only */
/* Paces flips where no screen does: headless, and on cards whose driver has no
 * vertical blank.
 *
 * Flips begin at the multiples of a period, the same for all guests, so that one
 * wake-up serves them all.  A guest that flips more slowly is not kept waiting.
 */
#ifndef XD_VDISPL_PACE_H
#define XD_VDISPL_PACE_H

#include <stdint.h>

/**
 * xd_pace_next - when the flip after one that begins at @now may begin
 * @now, @period: nanoseconds; period 0: at any time
 *
 * Between two multiples of the period at most one flip begins.  One that begins
 * late, by less than three quarters of a period, does not delay the next.
 */
static inline uint64_t xd_pace_next(uint64_t now, uint64_t period)
{
	return period ? ((now + period / 4) / period + 1) * period : 0;
}

#endif
