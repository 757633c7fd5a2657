/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames in the guest's colour around its windows and popups.
 *
 *	frame surface: has the xdg_surface, and is filled with the colour
 *	  the guest's surface, a sub-surface, and its own sub-surfaces
 *	  four strips of the colour, sub-surfaces above all of it
 *
 * So whatever the guest draws, and however it stacks its sub-surfaces, it is below the
 * strips.  They are as wide as the policy says, and wider where the guest draws
 * outside of its window: shadows, and sub-surfaces (reach.h).  Only the policy's width
 * belongs to the window as the compositor sees it: sizes and places that it and the
 * guest tell each other are shifted by it.
 *
 * Frame and strips take no input; the keyboard's focus, which the compositor gives to
 * the frame, is told to the guest as its own surface's.
 */
#ifndef XWL_HOST_WINDOWS_FRAME_H
#define XWL_HOST_WINDOWS_FRAME_H

#include "host/bridge/bridge.h"
#include "wire/handler.h"

/* for a bridge whose policy has frames; the first that looks at a request */
extern const struct xwl_handler xwl_frame_requests[];
/* and the one that looks at it when the compositor has it */
extern const struct xwl_handler xwl_frame_sent[];
extern const struct xwl_handler xwl_frame_events[];

/**
 * xwl_frame_guest - the guest's surface in a frame, also one that it has destroyed
 * @compositor: an object of this half's own
 *
 * Return: NULL: it is no frame, or the guest may use the surface's id again.
 */
struct xwl_object *xwl_frame_guest(struct xwl_bridge *b,
				   const struct xwl_object *compositor);
/** xwl_frames_possible - the compositor has what frames are made with; if not, @b->why */
int xwl_frames_possible(struct xwl_bridge *b);

#endif
