/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection to a Wayland compositor, for all windows of one owner.
 *
 * The compositor is trusted, but may be slow, stuck or gone: nothing here waits
 * for it.  Users must send nothing that a guest has caused while is full, or the
 * requests would pile up; the compositor has two seconds to read them.  When the
 * connection has ended, every user's lost() is called once, from the event loop
 * and never from within another call.
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
#include "output/output.h"
#include "output/wayland-formats.h"
#include "output/wayland-grab.h"
#include "output/wayland-seat.h"

#include "linux-dmabuf-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

struct xd_wl {
	LIST_ENTRY(xd_wl) entry; /* of all connections, unless dead */
	char name[XD_TEXT_MAX]; /* the socket's path */
	struct xdc_loop *loop;
	struct xd_owner *owner; /* of all users; NULL: there are no users */
	unsigned int refs; /* of users, and of callers up the stack */
	LIST_HEAD(xd_wl_user_list, xd_wl_user) users;
	struct xdc_source source;
	/* for the compositor's globals, and to read while full */
	struct xdc_timer timeout;
	struct xdc_work tell_lost, tell_room;
	struct wl_display *display;
	bool ready; /* the compositor's globals and formats are known */
	bool full; /* the socket is full: the compositor does not read */
	bool dead;
	bool refused; /* dead, as the compositor sent an error, about: */
	uint32_t refused_id; /* the object, 0 if it is not known */
	char why[XD_WHY_MAX]; /* dead: the reason */

	struct wl_registry *registry;
	struct wl_callback *sync;
	unsigned int syncs;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *shell;
	struct wp_viewporter *viewporter; /* or NULL */
	struct zwp_linux_dmabuf_v1 *dmabuf; /* or NULL */
	struct xd_wl_formats formats;
	struct xd_wl_grabs grabs;
	struct xd_wl_seats seats;
	/* that wait for the compositor's answer, and for room in the socket */
	LIST_HEAD(xd_wl_orphan_list, xd_wl_orphan) orphans, leaving;
	int orphaned; /* number of both, which the owner knows */
	unsigned int imports; /* asked for so far */
	uint64_t new_import; /* see struct xd_output_ops */
};

/* Each window embeds one, and inserts and removes itself. */
struct xd_wl_user {
	LIST_ENTRY(xd_wl_user) entry; /* in xd_wl.users */
	/* xd_wl.ready is true from now on; must not remove itself */
	void (*ready)(struct xd_wl_user *u);
	/* xd_wl.full is false again; must not remove itself */
	void (*room)(struct xd_wl_user *u);
	/* the window or a picture in it is this object of the protocol */
	bool (*owns)(const struct xd_wl_user *u, uint32_t id);
	/*
	 * The user's picture has ended the connection, and lost() follows.
	 * Returns false if the user had no picture of its own in use, and
	 * !@any.  Must not remove itself.
	 */
	bool (*broke)(struct xd_wl_user *u, bool any);
	/* the connection has ended; must remove itself */
	void (*lost)(struct xd_wl_user *u);
};

/* An object whose window does not need it any more. */
struct xd_wl_orphan {
	LIST_ENTRY(xd_wl_orphan) entry; /* in xd_wl.orphans or leaving */
	/* there is room, or the connection closes; calls xd_wl_drop() */
	void (*destroy)(struct xd_wl_orphan *o);
};

/**
 * xd_wl_get - the owner's connection to a display, made if there is none
 * @display: a path, or the name of a socket in $XDG_RUNTIME_DIR; "": that of
 * $WAYLAND_DISPLAY or wayland-0
 * @why: set on failure
 *
 * EAGAIN: no compositor listens there.
 */
int xd_wl_get(struct xdc_loop *loop, struct xd_owner *owner,
	      const char *display, struct xd_wl **out, struct xdc_reason *why);
/** xd_wl_put - the caller is not among the users any more */
void xd_wl_put(struct xd_wl *wl);
/** xd_wl_flush - send requests; those that do not fit into the socket go later */
void xd_wl_flush(struct xd_wl *wl);

/**
 * xd_wl_keep - an object that cannot be destroyed now is charged to the owner
 * @answered: it waits for room in the socket, not for the compositor's answer
 */
void xd_wl_keep(struct xd_wl *wl, struct xd_wl_orphan *o, bool answered);
/** xd_wl_drop - @o, which was kept, is destroyed next */
void xd_wl_drop(struct xd_wl *wl, struct xd_wl_orphan *o);

#endif
