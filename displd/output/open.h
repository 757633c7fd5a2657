/* SPDX-License-Identifier: GPL-2.0-only */
/* Chooses the kind of output that a policy names. */
#ifndef XD_OUTPUT_OPEN_H
#define XD_OUTPUT_OPEN_H

#include <stdint.h>

#include "common/loop.h"
#include "common/reason.h"
#include "config.h"
#include "output/output.h"

/**
 * xd_output_open - the output that a policy names
 * @owner: outlives the output
 * @w: width of the guest's connector
 * @why: set on failure
 *
 * EAGAIN: the screen or compositor is not there at the moment; try again later.
 * So may memory or files be, see xd_output_is_temporary().
 * EACCES: XD_OUTPUT_AUTO alone, and a card may not be opened, perhaps not yet: udev
 * sets the permissions of a card that was just plugged in.
 * EBUSY: XD_OUTPUT_AUTO alone, and another program has a card.  It may leave the
 * card for a moment, as at a change of virtual terminals, and want it back: do
 * not try again without being asked to.
 */
int xd_output_open(struct xdc_loop *loop, struct xd_owner *owner,
		   const struct xd_policy *policy, uint32_t w, uint32_t h,
		   struct xd_output **out, struct xdc_reason *why);
/** xd_output_close - @o may be NULL */
void xd_output_close(struct xd_output *o);
/** xd_output_stop - close what is kept open for a while, before the loop ends */
void xd_output_stop(void);

#endif
