/* SPDX-License-Identifier: GPL-2.0-only */
/* The seat: passes events of this machine's keyboards, pointers and touch
 * screens to screens of its graphics cards.
 *
 * The screens form a row, ordered by the names of their connectors.  The
 * pointer moves across the row, and the screen under it has the focus: its
 * guest alone receives the keys.  A screen that is removed loses the focus, and
 * gets it again when it is back with the same guest, unless the user has selected
 * another one.  A guest that was renamed is the same guest while it has a device.
 * One without a name is the same if the configuration knows its screen by the id
 * that the toolstack gave it.  While a button is pressed the pointer stays on its
 * screen.  Modifiers that are held move along with the focus, and the keyboards'
 * LEDs show the lock keys of the guest that has it.  libinput.c provides the
 * events.
 */
#ifndef XD_SEAT_SEAT_H
#define XD_SEAT_SEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "input.h"

struct xd_daemon;
struct xd_seat;

/* each finger belongs to the screen on which it came down */
#define XD_SEAT_FINGERS 32

/** xd_seat_create - @former: whose focus it keeps, destroyed next; may be NULL */
int xd_seat_create(struct xd_daemon *d, const struct xd_seat *former,
		   struct xd_seat **out);
/** xd_seat_destroy - release all that is pressed, and free; NULL is ignored */
void xd_seat_destroy(struct xd_seat *s);
/** xd_seat_changed - screens were added or removed; NULL is ignored */
void xd_seat_changed(struct xd_seat *s);
/** xd_seat_switch_key - set the key that moves the focus on; 0: none */
void xd_seat_switch_key(struct xd_seat *s, uint32_t code);
/**
 * xd_seat_watch_locks - call @changed now, and when other lock keys are on
 * @changed: gets those of the guest that has the focus, XD_LOCK_*; may be NULL
 */
void xd_seat_watch_locks(struct xd_seat *s,
			 void (*changed)(void *user, unsigned int locks),
			 void *user);
/** xd_seat_focus - the input that has the focus, for status; may be NULL */
const struct xd_input *xd_seat_focus(const struct xd_seat *s);

void xd_seat_key(struct xd_seat *s, uint32_t code, bool pressed);
/**
 * xd_seat_motion - move the pointer by @dx, @dy
 * @raw_dx: without acceleration, for guests with a relative pointer
 */
void xd_seat_motion(struct xd_seat *s, double dx, double dy, double raw_dx,
		    double raw_dy);
/**
 * xd_seat_position - move the pointer to the position of an absolute device
 * @x: from 0 to 1, across the device's area
 * @connector: the screen that this area covers; NULL: the whole row
 */
void xd_seat_position(struct xd_seat *s, const char *connector, double x,
		      double y);
void xd_seat_wheel(struct xd_seat *s, double v120);
void xd_seat_touch(struct xd_seat *s, const char *connector, enum xd_touch what,
		   int32_t id, double x, double y);
void xd_seat_touch_frame(struct xd_seat *s);

#endif
