/* SPDX-License-Identifier: GPL-2.0-only */
/* A request of the guest, written anew with the compositor's ids. */
#ifndef XWL_HOST_BRIDGE_FORWARD_H
#define XWL_HOST_BRIDGE_FORWARD_H

#include "host/bridge/bridge.h"

/**
 * xwl_forward_check - the objects that a request names, and the ids that it brings
 *
 * EPROTO: one does not exist, or is of another interface.
 */
int xwl_forward_check(struct xwl_bridge *b, const struct xwl_message *m);
/**
 * xwl_forward - translate the ids of a checked request, and send it
 * @o: the guest's object that it is for
 * @made: set to the object that it makes, if it makes one; may be NULL
 *
 * EDQUOT: a limit.  EPROTO: an id is not free.  Or an error of the operation.
 */
int xwl_forward(struct xwl_bridge *b, struct xwl_object *o,
		struct xwl_message *m, struct xwl_object **made);

#endif
