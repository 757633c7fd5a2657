/* SPDX-License-Identifier: GPL-2.0-only */
/* How far the sub-surfaces of a window reach, and what surfaces may show.
 *
 * When the compositor shows what a guest has set depends on several commits and on
 * who waits for whom: what a sub-surface commits may wait for a commit of its parent,
 * which may wait in turn.  So commits are numbered.  Once all surfaces above have
 * committed since, the last up to the window itself, it is shown for sure; until then
 * all places, sizes and contents are kept that may be shown.
 *
 * A sub-surface waits if it or one above it was set to.  The compositor is told that it
 * does, not how the guest has set it: compositors differ in what they make of one that
 * does not wait below one that does.
 */
#ifndef XWL_HOST_WINDOWS_REACH_H
#define XWL_HOST_WINDOWS_REACH_H

#include "host/bridge/bridge.h"
#include "host/windows/surfaces.h"

/* requests that are noted here and passed on, before others look at them */
extern const struct xwl_handler xwl_reach_requests[];

/** xwl_reach_settle - the compositor has the commit of the window @root */
void xwl_reach_settle(struct xwl_bridge *b, const struct xwl_object *root);

/** xwl_reach_called - a handler of wl_callback.done */
int xwl_reach_called(void *bridge, struct xwl_object *o, struct xwl_message *m);

/**
 * xwl_reach_root - the surface that is no sub-surface and has this one in its tree
 *
 * Return: NULL: there is none any more, and nothing is shown.
 */
struct xwl_object *xwl_reach_root(struct xwl_bridge *b,
				  struct xwl_object *surface);
/** xwl_reach_box - around the corner of @root and all its sub-surfaces, as it counts */
struct xwl_rectangle xwl_reach_box(struct xwl_bridge *b,
				   const struct xwl_object *root);

#endif
