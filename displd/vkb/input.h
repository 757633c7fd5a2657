/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the keys, pointer and touches of one connector of a guest go.
 *
 * Each screen has one, from xd_screen_init() to xd_screen_fini(), and hands it
 * to its output (xd_output.input).  Whoever has events for the screen calls
 * the functions below, whether a guest listens or not: Wayland's seat, or
 * seat.c for outputs of a graphics card.  Only what is meant for this screen
 * comes here, so whoever has the focus decides, and says when it leaves.
 *
 * None of these blocks or fails: what a guest does not take is dropped and
 * counted, but for the ends of what it has begun, and where the pointer has
 * gone.  Those are told later.
 */
#ifndef XD_VKB_INPUT_H
#define XD_VKB_INPUT_H

#include <stdbool.h>
#include <stdint.h>

struct xd_kbd;

struct xd_input {
	struct xd_kbd *kbd; /* the guest's device, NULL: nobody listens */
	uint32_t width, height; /* of the connector */
};

enum xd_touch { XD_TOUCH_DOWN, XD_TOUCH_MOTION, XD_TOUCH_UP };

/* What xd_input_release() lets go of */
#define XD_INPUT_KEYS 1U
#define XD_INPUT_POINTER 2U /* buttons, and where it is */
#define XD_INPUT_TOUCH 4U
#define XD_INPUT_ALL 7U

/**
 * xd_input_key - a key, or a button of the pointer
 * @code: KEY_* or BTN_* of linux/input-event-codes.h
 *
 * No repeats: those are the guest's business, as is the keyboard's layout.
 */
void xd_input_key(struct xd_input *in, uint32_t code, bool pressed);
/** xd_input_motion - the pointer has moved by @dx, @dy */
void xd_input_motion(struct xd_input *in, int32_t dx, int32_t dy);
/** xd_input_is_relative - the guest has to be told motions, not positions */
bool xd_input_is_relative(const struct xd_input *in);
/**
 * xd_input_position - the pointer is at @x, @y
 *
 * In the connector's pixels, from 0; what lies outside counts as its edge.
 * A guest whose pointer is relative gets the way from the position before.
 */
void xd_input_position(struct xd_input *in, int32_t x, int32_t y);
/**
 * xd_input_wheel - in 120ths of a click; down, towards the user, is positive
 *
 * Parts of a click add up.  There is no horizontal wheel in the protocol.
 */
void xd_input_wheel(struct xd_input *in, int32_t v120);
/**
 * xd_input_touch - a finger
 * @id: any number of the caller's that stays the same from down to up
 * @x: where it is, in the connector's pixels; no meaning with XD_TOUCH_UP
 *
 * The guest acts upon it at the next xd_input_touch_frame().
 */
void xd_input_touch(struct xd_input *in, enum xd_touch what, int32_t id,
		    int32_t x, int32_t y);
void xd_input_touch_frame(struct xd_input *in);
/**
 * xd_input_release - the focus has left: nothing is pressed any more
 * @what: XD_INPUT_KEYS when the keyboard's has left, and so on
 */
void xd_input_release(struct xd_input *in, unsigned int what);

/** xd_kbd_start - nothing is pressed; or nobody knows, so tell it so */
void xd_kbd_start(struct xd_kbd *k, bool rejoined);
/** xd_kbd_pay - the guest may have room for what it is owed */
void xd_kbd_pay(struct xd_kbd *k);
/** xd_kbd_release - as xd_input_release() */
void xd_kbd_release(struct xd_kbd *k, unsigned int what);

#endif
