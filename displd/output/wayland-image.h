/* SPDX-License-Identifier: GPL-2.0-only */
/* Pictures as the compositor's buffers. */
#ifndef XD_OUTPUT_WAYLAND_IMAGE_H
#define XD_OUTPUT_WAYLAND_IMAGE_H

#include "output/wayland-display.h"

struct xd_wl_image {
	struct xd_image image;
	struct xd_wl *wl;
	struct xd_wl_window *window;
	struct xd_picture picture; /* of imports */
	uint32_t fourcc; /* that the compositor is told */
	int fd; /* memory of shadows, or -1 */
	size_t size;
	struct zwp_linux_buffer_params_v1 *params; /* not answered yet */
	struct wl_buffer *buffer; /* NULL: not asked for, or not there yet */
	bool held; /* the compositor may read it */
	struct xd_wl_image *next; /* in wl->orphans */
	bool orphan; /* nobody wants the answer */
};

/** xd_wl_import - before the compositor is ready, any format goes */
int xd_wl_import(struct xd_wl_window *w, const struct xd_picture *pic,
		 struct xd_wl_image **out);
int xd_wl_shadow(struct xd_wl_window *w, struct xd_wl_image **out);
void xd_wl_image_destroy(struct xd_wl_image *i);
/** xd_wl_orphans_fini - no answer will come any more */
void xd_wl_orphans_fini(struct xd_wl *wl);

/**
 * xd_wl_image_ask - for a buffer, if there is none; the compositor is ready
 *
 * On success xd_wl_image_there() is called, maybe before this returns.
 * If it refuses, that, too, is said there.  EOPNOTSUPP, ERANGE: it does not
 * take such ones.
 */
int xd_wl_image_ask(struct xd_wl_image *i);

/* output-wayland.c: what became of it; 0 or why not */
void xd_wl_image_there(struct xd_wl_image *i, int err);
/* output-wayland.c: the compositor has let go of it */
void xd_wl_image_free(struct xd_wl_image *i);

#endif
