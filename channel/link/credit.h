/* SPDX-License-Identifier: GPL-2.0-only */
/* Flow control of a channel: how much one end may send before the other end's
 * program has taken it.
 *
 * A DATA frame costs its bytes and XCH_CREDIT_FRAME: so many tiny frames cannot
 * take more memory than a few large ones.  The window holds twice the
 * attachments of a message: what is given back at half would otherwise be too
 * little for the next message.
 */
#ifndef XCH_LINK_CREDIT_H
#define XCH_LINK_CREDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XCH_CREDIT_FRAME 64U
#define XCH_CREDIT_BYTES 131072U
#define XCH_CREDIT_ATTACHMENTS 64U
/* more than any window of an honest peer */
#define XCH_CREDIT_BYTES_MAX (64U << 20)
#define XCH_CREDIT_ATTACHMENTS_MAX 4096U

/* What may still be sent */
struct xch_credit {
	uint32_t bytes, attachments;
};

/** xch_credit_add - EPROTO: more than any window holds */
int xch_credit_add(struct xch_credit *c, uint32_t bytes, uint32_t attachments);
/**
 * xch_credit_room - bytes that the next frame may have, at most @want
 *
 * Return: false if not even a frame without bytes may be sent, or, with @want,
 * one with a single byte.
 */
bool xch_credit_room(const struct xch_credit *c, size_t want,
		     unsigned int attachments, size_t *room);
/** xch_credit_take - for a frame that xch_credit_room() allows */
void xch_credit_take(struct xch_credit *c, size_t bytes,
		     unsigned int attachments);

/* What the other end may send to this one */
struct xch_window {
	struct xch_credit open; /* may still come */
	struct xch_credit taken; /* the program has it, not given back yet */
};

void xch_window_init(struct xch_window *w);
/** xch_window_receive - a frame has come.  EPROTO: more than was allowed */
int xch_window_receive(struct xch_window *w, size_t bytes,
		       unsigned int attachments);
/** xch_window_deliver - the program has a frame's cost, or it was dropped */
void xch_window_deliver(struct xch_window *w, struct xch_credit cost);
/** xch_window_cost - of one frame */
struct xch_credit xch_window_cost(size_t bytes, unsigned int attachments);
/** xch_window_due - half of the window was taken: time to renew */
bool xch_window_due(const struct xch_window *w);
/** xch_window_renew - what was taken may be sent again; for CREDIT */
struct xch_credit xch_window_renew(struct xch_window *w);

#endif
