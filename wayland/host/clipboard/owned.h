/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs of the guest have copied, while it is what everyone pastes.
 *
 * The compositor offers it to the guest, too, but only what the policy lets out of it.
 * The guest's half has all of it: so it is not told of such an offer, which would take
 * the place of what it has.
 */
#ifndef XWL_HOST_CLIPBOARD_OWNED_H
#define XWL_HOST_CLIPBOARD_OWNED_H

#include "host/bridge/bridge.h"

/** xwl_copy_kind - of a device or source */
enum xwl_copy_kind xwl_copy_kind(const struct xwl_object *o);
/** xwl_owned - what can be pasted is of a program of this guest */
bool xwl_owned(const struct xwl_bridge *b, enum xwl_copy_kind kind);
/** xwl_owned_set - the compositor is asked to; NULL: nothing can be pasted */
void xwl_owned_set(struct xwl_bridge *b, enum xwl_copy_kind kind,
		   const struct xwl_object *source);
/** xwl_owned_end - a source of the guest's was cancelled or destroyed */
void xwl_owned_end(struct xwl_bridge *b, const struct xwl_object *source);
/** xwl_owned_leave - the bridge ends */
void xwl_owned_leave(struct xwl_bridge *b);

#endif
