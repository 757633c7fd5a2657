/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects at the compositor that no program has: what frames are made of.
 *
 * Errors are those of xwl_bridge_own() and of the bridge's to_compositor(), with the
 * bridge's @why.
 */
#ifndef XWL_HOST_BRIDGE_OWN_H
#define XWL_HOST_BRIDGE_OWN_H

#include "host/bridge/bridge.h"

/**
 * xwl_own_begin - begin the request that makes an object
 * @m: the caller fills in the other arguments, and sends it
 */
int xwl_own_begin(struct xwl_bridge *b, const struct xwl_object *factory,
		  const char *request, struct xwl_message *m,
		  struct xwl_object **out);
/** xwl_own_make - by a request without other arguments */
int xwl_own_make(struct xwl_bridge *b, const struct xwl_object *factory,
		 const char *request, struct xwl_object **out);
/**
 * xwl_own_make_of - of a surface: a viewport, or a sub-surface of @parent
 * @parent: NULL for a viewport
 */
int xwl_own_make_of(struct xwl_bridge *b, const struct xwl_object *factory,
		    const char *request, const struct xwl_object *surface,
		    const struct xwl_object *parent, struct xwl_object **out);
/** xwl_own_send - a request with two numbers at most */
int xwl_own_send(struct xwl_bridge *b, const struct xwl_object *o,
		 const char *request, int32_t first, int32_t second);
/**
 * xwl_own_destroy - NULL: nothing is done; set to NULL afterwards
 *
 * Nothing is left to be done if a destructor cannot be sent: the connection is lost.
 */
void xwl_own_destroy(struct xwl_bridge *b, struct xwl_object **o);

#endif
