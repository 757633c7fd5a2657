/* SPDX-License-Identifier: GPL-2.0-only */
/* How far the sub-surfaces of a window reach.
 *
 * When the compositor shows what a guest has set depends on several commits and on
 * who waits for whom: what a sub-surface commits may wait for a commit of its parent,
 * which may wait in turn.  So commits are numbered.  Once all surfaces above have
 * committed since, the last up to the window itself, it is shown for sure; until then
 * all places and sizes are kept that may be shown.
 */
#ifndef XWL_HOST_WINDOWS_REACH_H
#define XWL_HOST_WINDOWS_REACH_H

#include "host/bridge/bridge.h"
#include "host/windows/surfaces.h"

/** xwl_reach_begin - @surface of the guest becomes a sub-surface, at 0, 0 */
void xwl_reach_begin(struct xwl_bridge *b, struct xwl_object *surface);
/** xwl_reach_move - wl_subsurface.set_position */
void xwl_reach_move(struct xwl_bridge *b, struct xwl_surface *s, int32_t x,
		    int32_t y);
/** xwl_reach_commit - @surface commits: its size, and the places of all below it */
void xwl_reach_commit(struct xwl_bridge *b, struct xwl_object *surface);
/**
 * xwl_reach_release - wl_subsurface.set_desync
 *
 * What it, and those below it, have committed and what waits is shown at once by some
 * compositors, with their next commits by others.
 */
void xwl_reach_release(struct xwl_bridge *b, const struct xwl_object *surface);
/** xwl_reach_settle - the compositor has the commit of the window @root */
void xwl_reach_settle(struct xwl_bridge *b, const struct xwl_object *root);

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
