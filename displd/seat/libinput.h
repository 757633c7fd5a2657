/* SPDX-License-Identifier: GPL-2.0-only */
/* This machine's keyboards, pointers and touch screens, by libinput. */
#ifndef XD_SEAT_LIBINPUT_H
#define XD_SEAT_LIBINPUT_H

#include <stdbool.h>

#include "config.h"
#include "seat/seat.h"

struct xd_libinput;
struct xdc_loop;

/**
 * xd_libinput_start - give the events of @policy's devices to @seat
 * @seat: in use until xd_libinput_stop()
 *
 * The devices are grabbed: no other program gets their events.  Power buttons
 * and switches are left alone.
 * EOPNOTSUPP: built without libinput.
 */
int xd_libinput_start(struct xdc_loop *loop,
		      const struct xd_seat_policy *policy, struct xd_seat *seat,
		      struct xd_libinput **out);
/** xd_libinput_lacks_devices - some could not be opened, or were in use */
bool xd_libinput_lacks_devices(const struct xd_libinput *l);
/** xd_libinput_stop - @l may be NULL */
void xd_libinput_stop(struct xd_libinput *l);

#endif
