/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's own keyboard, pointer and touch screens, and which screen of
 * its graphics cards they are for.
 *
 * The screens stand in a row, in the order of their connectors' names.  The
 * pointer moves across them, and the screen that it is on has the focus: its
 * guest gets the keys, and no other.  While a button is pressed the pointer
 * stays where it is.  libinput.c provides the events.
 */
#ifndef XD_SEAT_SEAT_H
#define XD_SEAT_SEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "vkb/input.h"

struct xd_daemon;
struct xd_seat;

/* one finger belongs to the screen that it came down on */
#define XD_SEAT_FINGERS 32

int xd_seat_create(struct xd_daemon *d, struct xd_seat **out);
/** xd_seat_destroy - whatever is pressed is let go of */
void xd_seat_destroy(struct xd_seat *s);
/** xd_seat_changed - screens may have come or gone; NULL is well */
void xd_seat_changed(struct xd_seat *s);
/** xd_seat_switch_key - that moves the focus to the next screen; 0: none */
void xd_seat_switch_key(struct xd_seat *s, uint32_t code);
/** xd_seat_focus - for status; NULL: no screen has it */
const struct xd_input *xd_seat_focus(const struct xd_seat *s);

void xd_seat_key(struct xd_seat *s, uint32_t code, bool pressed);
/**
 * xd_seat_motion - of the pointer, by @dx, @dy
 * @raw_dx: the same as the hand has moved, for guests that accelerate by
 * themselves
 */
void xd_seat_motion(struct xd_seat *s, double dx, double dy, double raw_dx,
		    double raw_dy);
/**
 * xd_seat_position - of a device that knows where it is
 * @x: from 0 to 1, across its whole area
 * @connector: that the device belongs to; NULL: to the whole row
 */
void xd_seat_position(struct xd_seat *s, const char *connector, double x,
		      double y);
void xd_seat_wheel(struct xd_seat *s, double v120);
void xd_seat_touch(struct xd_seat *s, const char *connector, enum xd_touch what,
		   int32_t id, double x, double y);
void xd_seat_touch_frame(struct xd_seat *s);

#endif
