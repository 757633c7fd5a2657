/* SPDX-License-Identifier: GPL-2.0-only */
/* What one guest may do and cost. */
#ifndef XWL_HOST_POLICY_POLICY_H
#define XWL_HOST_POLICY_POLICY_H

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
	XWL_CALLBACKS, /* that the compositor has not called, and commits that wait */
	XWL_RECTANGLES, /* in a region, such as that of damage */
	XWL_DEPTH, /* sub-surfaces below each other */
	XWL_RATE, /* messages a second, of one program */
	XWL_TRANSFERS, /* contents of the clipboard on their way */
	XWL_CLIPBOARD_SIZE, /* KiB of one content */
	XWL_CLIPBOARD_TIME, /* seconds until it is there */
	XWL_FRAME_WIDTH, /* pixels of a frame */
	XWL_CURSOR, /* pixels of a cursor, each way */
	XWL_LIMITS
};

/* What of the clipboard moves; each also to and from the primary selection */
#define XWL_CLIPBOARD_OUT 1U /* what the guest copies, others can paste */
#define XWL_CLIPBOARD_IN 2U /* the guest can paste what others copy */
#define XWL_CLIPBOARD_ASK 4U /* neither by itself */

#define XWL_TYPES_MAX 256U /* bytes of a list of types, with its NUL */

struct xwl_policy {
	char guest[XWL_NAME_MAX];
	char display[XWL_PATH_MAX]; /* "": $WAYLAND_DISPLAY */
	unsigned int allow; /* XWL_ALLOW_* */
	unsigned int clipboard; /* XWL_CLIPBOARD_* */
	char types[XWL_TYPES_MAX]; /* of the clipboard: xwl_types_match() */
	bool framed; /* windows have a frame of the colour */
	uint32_t colour; /* 0xrrggbb */
	bool ascii; /* titles have printable ASCII alone */
	uint32_t max[XWL_LIMITS];
};

#endif
