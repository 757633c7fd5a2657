/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest shows: windows carry its name, trees of surfaces and regions stay small. */
#ifndef XWL_HOST_WINDOWS_WINDOWS_H
#define XWL_HOST_WINDOWS_WINDOWS_H

#include "wire/handler.h"

/* Of xdg_toplevel.state */
enum { XWL_STATE_MAXIMIZED = 1, XWL_STATE_FULLSCREEN = 2 };

/* requests, for a bridge */
extern const struct xwl_handler xwl_window_requests[];

/** xwl_window_has_state - among the states of a configure event */
bool xwl_window_has_state(const struct xwl_arg *states, uint32_t state);
/** xwl_window_configured - a handler of xdg_toplevel.configure */
int xwl_window_configured(void *bridge, struct xwl_object *o,
			  struct xwl_message *m);

#endif
