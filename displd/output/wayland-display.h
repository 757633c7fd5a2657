/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection to a Wayland compositor, one however many windows it has.
 *
 * The compositor is trusted, but may be slow, stuck or gone: nothing here waits
 * for it.  When it has gone every window's lost() is called, once, and not in
 * the middle of anything.
 */
#ifndef XD_OUTPUT_WAYLAND_DISPLAY_H
#define XD_OUTPUT_WAYLAND_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "config.h"
#include "common/loop.h"
#include "output/output.h"

#include "linux-dmabuf-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define XD_WL_FORMATS 16

struct xd_wl_image;
struct xd_wl_seat;

/* How the compositor takes dma-bufs of a format. */
struct xd_wl_format {
	uint32_t fourcc;
	bool linear; /* said to be linear */
	bool implicit; /* without a word about it */
};

struct xd_wl {
	struct xd_wl *next;
	char name[XD_TEXT_MAX]; /* the socket's path */
	struct xdc_loop *loop;
	unsigned int users; /* its windows, and whoever calls them */
	struct xd_wl_window *windows;
	struct xdc_source source;
	struct xdc_timer patience; /* for the beginning */
	struct xdc_work end;
	struct wl_display *display;
	bool ready; /* what the compositor can do is known */
	bool full; /* it does not read: nothing more is asked of it */
	bool dead;

	struct wl_registry *registry;
	struct wl_callback *sync;
	unsigned int syncs;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *shell;
	struct wp_viewporter *viewporter; /* or NULL */
	struct zwp_linux_dmabuf_v1 *dmabuf; /* or NULL */
	struct zwp_linux_dmabuf_feedback_v1 *feedback;
	void *table; /* of formats that the feedback means */
	uint32_t table_size;
	struct xd_wl_format formats[XD_WL_FORMATS];
	unsigned int nr_formats;
	struct xd_wl_seat *seats;
	struct xd_wl_image *orphans; /* buffers that nobody wants any more */
};

/* One connector of a guest.  Its surface is there while something is shown. */
struct xd_wl_window {
	struct xd_output output;
	struct xd_wl *wl;
	struct xd_wl_window *next;
	uint32_t width, height; /* the connector's */
	char app_id[XD_TEXT_MAX], title[XD_TEXT_MAX];
	void (*ready)(struct xd_wl_window *w); /* wl->ready */
	void (*lost)(struct xd_wl_window *w);

	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct wp_viewport *viewport;
	bool configured;
	uint32_t want_width, want_height; /* by the compositor; 0: as we like */
	bool fullscreen; /* no larger than that; otherwise exactly that */
	uint32_t shown_width, shown_height;

	uint32_t x, y; /* of images, at the upper left corner */
	struct xd_wl_image *coming; /* to be put up */
	struct xd_wl_image *shown; /* put up last */
	struct xd_wl_image *leaving; /* the compositor has still to let go of */
	struct wl_callback *frame; /* asked for, never more than one */
	bool drawn; /* since the flip began */
	bool flying;
	uint64_t began; /* the flip */
	struct xdc_timer patience;
	bool told_kept; /* that the compositor keeps buffers */
};

/**
 * xd_wl_get - the connection to a display, made if there is none
 * @display: a path or the name of a socket in $XDG_RUNTIME_DIR; "": the usual
 * @why: static
 *
 * EAGAIN: nobody is there.
 */
int xd_wl_get(struct xdc_loop *loop, const char *display, struct xd_wl **out,
	      const char **why);
void xd_wl_put(struct xd_wl *wl);
/** xd_wl_flush - send what was asked for; what does not go now goes later */
void xd_wl_flush(struct xd_wl *wl);
/** xd_wl_format - NULL: the compositor does not take it as a dma-buf */
const struct xd_wl_format *xd_wl_format(const struct xd_wl *wl,
					uint32_t fourcc);

/* wayland-formats.c: listens to what linux-dmabuf tells */
void xd_wl_formats_listen(struct xd_wl *wl, uint32_t version);
void xd_wl_formats_fini(struct xd_wl *wl);

/* wayland-seat.c: keys, pointer and touches of the windows */
void xd_wl_seat_add(struct xd_wl *wl, uint32_t name, uint32_t version);
void xd_wl_seat_remove(struct xd_wl *wl, uint32_t name);
void xd_wl_seats_fini(struct xd_wl *wl);
/** xd_wl_seat_forget - this window has no surface any more */
void xd_wl_seat_forget(struct xd_wl *wl, struct xd_wl_window *w);

#endif
