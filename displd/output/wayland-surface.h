/* SPDX-License-Identifier: GPL-2.0-only */
/* What a window's images and the compositor's input devices know of it. */
#ifndef XD_OUTPUT_WAYLAND_SURFACE_H
#define XD_OUTPUT_WAYLAND_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

struct xd_input;
struct xd_wl_image;

/* User data of the wl_surface, as long as there is one. */
struct xd_wl_surface {
	uint32_t width, height; /* the connector's, in pixels */
	/* on the compositor's screen, in its units; 0: not shown */
	uint32_t shown_width, shown_height;
	struct xd_input *input; /* set while there is a wl_surface */
	const char *title; /* for messages */
	char *why; /* XD_WHY_MAX: why an image was refused, in words */
	uint32_t row_alignment; /* of imports, in bytes */
	bool inhibit_shortcuts; /* of the compositor, while it has the keys */
	bool lock_pointer; /* for guests that receive motions */
	/* the image has a buffer, or the compositor refused to make one */
	void (*image_ready)(struct xd_wl_surface *s, struct xd_wl_image *i,
			    int err);
	/* the compositor does not read the image any more */
	void (*image_released)(struct xd_wl_surface *s, struct xd_wl_image *i);
};

#endif
