/* SPDX-License-Identifier: GPL-2.0-only */
/* Pictures as the compositor's buffers. */
#ifndef XD_OUTPUT_WAYLAND_IMAGE_H
#define XD_OUTPUT_WAYLAND_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/output.h"
#include "output/wayland-display.h"
#include "output/wayland-surface.h"

struct xd_wl_image {
	struct xd_image image;
	struct xd_wl *wl;
	struct xd_wl_surface *surface; /* NULL: kept as an orphan */
	struct xd_picture picture; /* of imports */
	int fd; /* memory of shadows, or -1 */
	size_t size;
	struct zwp_linux_buffer_params_v1 *params; /* not answered yet */
	struct wl_buffer *buffer; /* NULL: not asked for, or not there yet */
	bool held; /* the compositor may read it */
	bool shown; /* it has read it before */
	struct xd_wl_orphan orphan;
};

/**
 * xd_wl_image_import - before the compositor is ready, any format is taken
 *
 * EOPNOTSUPP, EINVAL, ERANGE: xd_wl_surface.why has the reason.
 */
int xd_wl_image_import(struct xd_wl *wl, struct xd_wl_surface *s,
		       const struct xd_picture *pic, struct xd_wl_image **out);
int xd_wl_image_shadow(struct xd_wl *wl, struct xd_wl_surface *s,
		       struct xd_wl_image **out);
/** xd_wl_image_destroy - now, or as soon as the compositor allows it */
void xd_wl_image_destroy(struct xd_wl_image *i);
/** xd_wl_image_is_import - and not a shadow */
bool xd_wl_image_is_import(const struct xd_wl_image *i);
/** xd_wl_image_owns - the object of the protocol is the image's */
bool xd_wl_image_owns(const struct xd_wl_image *i, uint32_t id);

/**
 * xd_wl_image_ask - ask for a buffer, if there is none; the compositor is ready
 *
 * On success xd_wl_surface.image_ready() is called, maybe before this returns,
 * also if the compositor refuses.
 * EOPNOTSUPP, ERANGE: the compositor does not take such pictures;
 * xd_wl_surface.why has the reason, also of a refusal.
 */
int xd_wl_image_ask(struct xd_wl_image *i);

#endif
