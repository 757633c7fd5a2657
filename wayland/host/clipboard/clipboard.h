/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying and pasting between a guest and other programs, as far as its policy goes.
 *
 * A guest sets the clipboard (out) and reads it (in) only while one of this program's
 * windows has the keyboard's focus.  Under "ask" neither moves by itself: what the
 * guest has copied waits for xwl_clipboard_copy(), and what others have copied for
 * xwl_clipboard_paste(), and is the guest's until the focus leaves it.  Dragging does
 * not cross the domains.
 *
 * What another program offers is this half's own object at the compositor until the
 * guest may know of it.
 */
#ifndef XWL_HOST_CLIPBOARD_CLIPBOARD_H
#define XWL_HOST_CLIPBOARD_CLIPBOARD_H

#include "host/bridge/bridge.h"
#include "wire/handler.h"

/* for a bridge */
extern const struct xwl_handler xwl_clipboard_requests[];
extern const struct xwl_handler xwl_clipboard_events[];

/**
 * xwl_clipboard_own - an event of an offer that the guest does not know
 *
 * Return: false: @o is no such offer.
 */
bool xwl_clipboard_own(struct xwl_bridge *b, const struct xwl_object *o,
		       const struct xwl_message *m);
/**
 * xwl_clipboard_copy - under "ask": what the guest has copied is everyone's now
 *
 * ENODATA: it has copied nothing new.  Or an error of the bridge.
 */
int xwl_clipboard_copy(struct xwl_bridge *b, enum xwl_copy_kind kind);
/**
 * xwl_clipboard_paste - under "ask": the guest may read what others have copied
 *
 * ENODATA: there is nothing, or this program has not the focus.  Or an error of the
 * bridge.
 */
int xwl_clipboard_paste(struct xwl_bridge *b);
/** xwl_clipboard_tell - after the bridge's wake().  Or an error of the bridge */
int xwl_clipboard_tell(struct xwl_bridge *b);
/** xwl_clipboard_fini - forget the offers, without a word */
void xwl_clipboard_fini(struct xwl_bridge *b);

#endif
