/* SPDX-License-Identifier: GPL-2.0-only */
/* The globals that a guest may see: the allow-list. */
#ifndef XWL_FILTER_PROTOCOLS_H
#define XWL_FILTER_PROTOCOLS_H

#include <stddef.h>
#include <stdint.h>
#include <wayland-util.h>

/* What a guest may do beside showing windows, each off unless it is configured */
#define XWL_ALLOW_POINTER_LOCK 1U /* pointer constraints, relative motion */
#define XWL_ALLOW_IDLE_INHIBIT 2U
#define XWL_ALLOW_ACTIVATION 4U
#define XWL_ALLOW_FULLSCREEN 8U
#define XWL_ALLOW_OUTPUT_LAYOUT 16U
#define XWL_ALLOW_TABLET 32U
#define XWL_ALLOW_GESTURES 64U
#define XWL_ALLOW_TEARING 128U
#define XWL_ALLOW_ICON 256U

struct xwl_global {
	const struct wl_interface *interface;
	uint32_t reviewed; /* the newest version whose requests were looked at */
	unsigned int needs; /* XWL_ALLOW_*; 0: always allowed */
};

/** xwl_global_find - NULL: no guest may see it, or it was not built in */
const struct xwl_global *xwl_global_find(const char *name);
/**
 * xwl_global_version - the version that a guest may bind
 * @offered: the compositor's
 */
uint32_t xwl_global_version(const struct xwl_global *g, uint32_t offered);
/** xwl_global_at - the allow-list in its order; NULL behind its end */
const struct xwl_global *xwl_global_at(size_t index);

#endif
