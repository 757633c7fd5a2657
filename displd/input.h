/* SPDX-License-Identifier: GPL-2.0-only */
/* Input of one connector of a guest: keys, pointer and touch.
 *
 * Each screen has an xd_input, from xd_screen_init() to xd_screen_fini(), and
 * gives it to its output (xd_output.input).  Sources of events call the
 * functions below, whether the guest has an input device or not: the seat of
 * Wayland, or seat.c for outputs of a graphics card.  The sources track the
 * focus: they send only this screen's events, and call xd_input_release() when
 * the focus leaves.
 *
 * What is between the sources and the input protocol, so that screens, outputs and
 * seats need to know nothing of it: vkb/input.c sends the events to the guest.
 *
 * No function blocks or fails.  Events that the guest has no room for are
 * dropped and counted, except for releases and the pointer's position, which
 * are sent later.
 */
#ifndef XD_INPUT_H
#define XD_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "kind.h"

struct xd_kbd;
struct xdc_loop;

struct xd_input {
	struct xd_kbd *kbds[XD_KINDS]; /* the guest's devices; NULL: none */
	uint32_t width, height; /* of the connector */
	bool follow_locks; /* xd_input_set_locks() has an effect */
};

enum xd_touch { XD_TOUCH_DOWN, XD_TOUCH_MOTION, XD_TOUCH_UP };

/* What xd_input_release() releases */
#define XD_INPUT_KEYS (1U << XD_KEYS)
#define XD_INPUT_POINTER (1U << XD_POINTER) /* buttons, and the position */
#define XD_INPUT_TOUCH (1U << XD_TOUCH)
#define XD_INPUT_ALL ((1U << XD_KINDS) - 1)

/* Lock keys */
#define XD_LOCK_CAPS 1U
#define XD_LOCK_NUM 2U
#define XD_LOCK_SCROLL 4U

/**
 * xd_input_key - a key, or a button of the pointer
 * @code: KEY_* or BTN_* of linux/input-event-codes.h
 *
 * Not called for repeats: the guest generates them, and has the layout.
 */
void xd_input_key(struct xd_input *in, uint32_t code, bool pressed);
/**
 * xd_input_is_power_key - switches a machine off or suspends it; never sent
 */
bool xd_input_is_power_key(uint32_t code);
/** xd_input_is_modifier - Shift, Ctrl, Alt or Meta, left or right */
bool xd_input_is_modifier(uint32_t code);
/**
 * xd_input_locks - the lock keys that are on in the guest, XD_LOCK_*
 *
 * A guest does not report them: they are counted from the keys that it was
 * sent, and were off when its device was connected.
 */
unsigned int xd_input_locks(const struct xd_input *in);
/**
 * xd_input_set_locks - the compositor's lock keys, when focus or device has come
 * @locks: XD_LOCK_CAPS and XD_LOCK_NUM, if they are on
 *
 * Types lock keys that are in another state in the guest.
 */
void xd_input_set_locks(struct xd_input *in, unsigned int locks);
/** xd_input_motion - the pointer has moved by @dx, @dy */
void xd_input_motion(struct xd_input *in, int32_t dx, int32_t dy);
/** xd_input_is_relative - the guest receives motions, not positions */
bool xd_input_is_relative(const struct xd_input *in);
/**
 * xd_input_position - the pointer is at @x, @y
 *
 * In the connector's pixels, from 0; positions outside are moved to its edge.
 * For a relative pointer the difference to the last position is sent.
 */
void xd_input_position(struct xd_input *in, int32_t x, int32_t y);
/**
 * xd_input_wheel - in 120ths of a click; down, towards the user, is positive
 *
 * Parts of a click add up.  The protocol has no horizontal wheel.
 */
void xd_input_wheel(struct xd_input *in, int32_t v120);
/**
 * xd_input_touch - a finger
 * @id: a number that identifies the finger from down to up
 * @x: its position, in the connector's pixels; ignored with XD_TOUCH_UP
 *
 * The guest acts on it at the next xd_input_touch_frame().
 */
void xd_input_touch(struct xd_input *in, enum xd_touch what, int32_t id,
		    int32_t x, int32_t y);
void xd_input_touch_frame(struct xd_input *in);
/**
 * xd_input_release - the focus has left: release what is pressed
 * @what: XD_INPUT_KEYS if the keyboard's focus has left, and so on
 */
void xd_input_release(struct xd_input *in, unsigned int what);

/** xd_kbd_init - once for a device, before xd_kbd_start() */
void xd_kbd_init(struct xd_kbd *k, struct xdc_loop *loop);
/**
 * xd_kbd_start - reset; @rejoined: release all that a guest may hold pressed
 */
void xd_kbd_start(struct xd_kbd *k, bool rejoined);
/** xd_kbd_has - the guest's device takes events of this kind */
bool xd_kbd_has(const struct xd_kbd *k, enum xd_kind kind);
/** xd_kbd_pay - send owed events, as the guest may have room now */
void xd_kbd_pay(struct xd_kbd *k);
/** xd_kbd_release - as xd_input_release(), for the device */
void xd_kbd_release(struct xd_kbd *k, unsigned int what);

#endif
