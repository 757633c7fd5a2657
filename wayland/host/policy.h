/* SPDX-License-Identifier: GPL-2.0-only */
/* What one guest may do and cost. */
#ifndef XWL_HOST_POLICY_H
#define XWL_HOST_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#define XWL_NAME_MAX 64U /* of a guest, with its NUL */
#define XWL_PATH_MAX 108U /* of a socket, with its NUL */

/* All programs of the guest together, where nothing else is said */
enum xwl_limit {
	XWL_PROGRAMS,
	XWL_OBJECTS,
	XWL_SURFACES,
	XWL_WINDOWS, /* and popups */
	XWL_BUFFERS,
	XWL_MEMORY, /* KiB of buffers */
	XWL_CALLBACKS, /* that the compositor has not called yet */
	XWL_RECTANGLES, /* in a region */
	XWL_DEPTH, /* sub-surfaces below each other */
	XWL_RATE, /* messages a second, of one program */
	XWL_LIMITS
};

struct xwl_policy {
	char guest[XWL_NAME_MAX];
	char display[XWL_PATH_MAX]; /* "": $WAYLAND_DISPLAY */
	unsigned int allow; /* XWL_ALLOW_* */
	bool ascii; /* titles have printable ASCII alone */
	uint32_t max[XWL_LIMITS];
};

#endif
