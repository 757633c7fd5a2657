/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection to a Wayland compositor, one however many windows it has.
 *
 * The compositor is trusted, but may be slow, stuck or gone: nothing here waits
 * for it.  When the connection has ended, every user's lost() is called once,
 * from the event loop and never from within another call.
 */
#ifndef XD_OUTPUT_WAYLAND_DISPLAY_H
#define XD_OUTPUT_WAYLAND_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <wayland-client.h>

#include "config.h"
#include "common/loop.h"
#include "common/reason.h"
#include "output/wayland-formats.h"
#include "output/wayland-seat.h"

#include "linux-dmabuf-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

struct xd_wl {
	LIST_ENTRY(xd_wl) entry; /* of all connections, unless dead */
	char name[XD_TEXT_MAX]; /* the socket's path */
	struct xdc_loop *loop;
	unsigned int refs; /* of users, and of callers up the stack */
	LIST_HEAD(xd_wl_user_list, xd_wl_user) users;
	struct xdc_source source;
	struct xdc_timer timeout; /* for the compositor's globals */
	struct xdc_work tell_lost;
	struct wl_display *display;
	bool ready; /* the compositor's globals and formats are known */
	bool full; /* the socket is full: the compositor does not read */
	bool dead;

	struct wl_registry *registry;
	struct wl_callback *sync;
	unsigned int syncs;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *shell;
	struct wp_viewporter *viewporter; /* or NULL */
	struct zwp_linux_dmabuf_v1 *dmabuf; /* or NULL */
	struct xd_wl_formats formats;
	struct xd_wl_seats seats;
	LIST_HEAD(xd_wl_orphan_list, xd_wl_orphan) orphans;
};

/* Each window embeds one, and inserts and removes itself. */
struct xd_wl_user {
	LIST_ENTRY(xd_wl_user) entry; /* in xd_wl.users */
	/* xd_wl.ready is true from now on; must not remove itself */
	void (*ready)(struct xd_wl_user *u);
	/* the connection has ended; must remove itself */
	void (*lost)(struct xd_wl_user *u);
};

/* An object whose window is gone, and that waits for the compositor's answer. */
struct xd_wl_orphan {
	LIST_ENTRY(xd_wl_orphan) entry; /* in xd_wl.orphans */
	/* no answer will come: the connection closes; removes itself */
	void (*destroy)(struct xd_wl_orphan *o);
};

/**
 * xd_wl_get - the connection to a display, made if there is none
 * @display: a path, or the name of a socket in $XDG_RUNTIME_DIR; "": that of
 * $WAYLAND_DISPLAY or wayland-0
 * @why: set on failure
 *
 * EAGAIN: no compositor listens there.
 */
int xd_wl_get(struct xdc_loop *loop, const char *display, struct xd_wl **out,
	      struct xdc_reason *why);
void xd_wl_put(struct xd_wl *wl);
/** xd_wl_flush - send requests; those that do not fit into the socket go later */
void xd_wl_flush(struct xd_wl *wl);

#endif
