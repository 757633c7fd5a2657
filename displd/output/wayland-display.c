// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/controls.h"
#include "common/log.h"
#include "output/wayland-display.h"

/* for the compositor to announce its globals */
#define CONNECT_TIMEOUT (5 * XDC_NS_PER_S)
/* to read requests: guests wait, and the stock frontend gives up after 3 seconds */
#define FULL_TIMEOUT (2 * XDC_NS_PER_S)

static LIST_HEAD(connections,
		 xd_wl) connections = LIST_HEAD_INITIALIZER(connections);

/* What libwayland said last: the text of a compositor's error is only there */
static char said[XD_WHY_MAX];

/* ---- what windows have left ---- */

static void count_orphans(struct xd_wl *wl, int more)
{
	if (!wl->owner || !more)
		return;
	wl->orphaned += more;
	wl->owner->holds(wl->owner, more);
}

void xd_wl_keep(struct xd_wl *wl, struct xd_wl_orphan *o, bool answered)
{
	if (answered)
		LIST_INSERT_HEAD(&wl->leaving, o, entry);
	else
		LIST_INSERT_HEAD(&wl->orphans, o, entry);
	count_orphans(wl, 1);
}

void xd_wl_drop(struct xd_wl *wl, struct xd_wl_orphan *o)
{
	LIST_REMOVE(o, entry);
	count_orphans(wl, -1);
}

/* ---- the end of a connection ---- */

/*
 * An error that the compositor sent is about the window that owns the object, or
 * else about any picture.
 */
static void blame_pictures(struct xd_wl *wl)
{
	struct xd_wl_user *u;
	bool known = false;

	LIST_FOREACH(u, &wl->users, entry)
		if (wl->refused_id && u->owns(u, wl->refused_id))
			known = u->broke(u, false) || known;
	if (known)
		return;
	LIST_FOREACH(u, &wl->users, entry)
		known = u->broke(u, false) || known;
	u = LIST_FIRST(&wl->users);
	/* a picture that its window has released meanwhile */
	if (!known && u && wl->imports)
		u->broke(u, true);
}

static void tell_lost(struct xdc_work *work)
{
	struct xd_wl *wl = container_of(work, struct xd_wl, tell_lost);
	struct xd_wl_user *u;

	wl->refs++;
	if (wl->refused)
		blame_pictures(wl);
	/* each leaves the list and puts its reference */
	while ((u = LIST_FIRST(&wl->users)))
		u->lost(u);
	xd_wl_put(wl);
}

/* Nothing is sent or read any more, and xd_wl_get() makes a new connection */
static void end_connection(struct xd_wl *wl, const char *why)
{
	if (wl->dead)
		return;
	wl->dead = true;
	snprintf(wl->why, sizeof(wl->why), "%s", why);
	xdc_log(XDC_WARNING, "connection to the compositor at %s has ended: %s",
		wl->name, why);
	LIST_REMOVE(wl, entry);
	xdc_loop_remove(wl->loop, &wl->source);
	xdc_timer_at(&wl->timeout, 0);
	xdc_loop_cancel(wl->loop, &wl->tell_room);
	xdc_loop_later(wl->loop, &wl->tell_lost);
}

/* Keeps what libwayland would write to stderr */
__attribute__((format(printf, 1, 0))) static void note_said(const char *fmt,
							    va_list args)
{
	vsnprintf(said, sizeof(said), fmt, args);
	said[strcspn(said, "\n")] = '\0';
	/* the compositor's text is shown in a terminal */
	xdc_controls_hide(said, strlen(said), "");
	xdc_log(XDC_DEBUG, "libwayland: %s", said);
}

static void end_with_error(struct xd_wl *wl)
{
	int err = wl_display_get_error(wl->display);
	const struct wl_interface *interface = NULL;
	uint32_t code = wl_display_get_protocol_error(wl->display, &interface,
						      &wl->refused_id);

	/* errors about the wl_display itself have other numbers than EPROTO */
	if (err != EPROTO && !interface) {
		end_connection(wl, strerror(err ? err : EPIPE));
		return;
	}
	wl->refused = true;
	if (!*said)
		snprintf(said, sizeof(said), "protocol error %u of %s", code,
			 interface ? interface->name : "?");
	end_connection(wl, said);
	*said = '\0';
}

static void time_out(struct xdc_timer *t)
{
	struct xd_wl *wl = container_of(t, struct xd_wl, timeout);

	end_connection(wl, wl->ready ? "the compositor does not read requests"
				     : "no answer in time");
}

/* ---- sending and receiving ---- */

static void set_full(struct xd_wl *wl, bool full)
{
	wl->full = full;
	xdc_loop_change(wl->loop, &wl->source,
			full ? EPOLLIN | EPOLLOUT : EPOLLIN);
	if (full)
		xdc_loop_cancel(wl->loop, &wl->tell_room);
	else
		xdc_loop_later(wl->loop, &wl->tell_room);
	/* until then the timer is for the globals */
	if (wl->ready)
		xdc_timer_at(&wl->timeout, full ? xdc_now() + FULL_TIMEOUT : 0);
}

void xd_wl_flush(struct xd_wl *wl)
{
	bool full;

	if (wl->dead)
		return;
	full = wl_display_flush(wl->display) < 0;
	/* closed at the other end: its last events are still to be read */
	if (full && errno == EPIPE)
		return;
	/* EAGAIN is also the error of a request that was lost for want of room */
	if (full && (errno != EAGAIN || wl_display_get_error(wl->display))) {
		end_with_error(wl);
		return;
	}
	if (full != wl->full)
		set_full(wl, full);
}

static void tell_room(struct xdc_work *work)
{
	struct xd_wl *wl = container_of(work, struct xd_wl, tell_room);
	struct xd_wl_orphan *o;
	struct xd_wl_user *u;

	wl->refs++;
	while (!wl->full && !wl->dead && (o = LIST_FIRST(&wl->leaving))) {
		o->destroy(o);
		xd_wl_flush(wl);
	}
	LIST_FOREACH(u, &wl->users, entry) {
		if (wl->full || wl->dead)
			break;
		u->room(u);
		xd_wl_flush(wl);
	}
	xd_wl_put(wl);
}

static void read_events(struct xdc_source *s, uint32_t events)
{
	struct xd_wl *wl = container_of(s, struct xd_wl, source);
	int err = 0;

	/* the last user may go meanwhile */
	wl->refs++;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		while (!err && wl_display_prepare_read(wl->display))
			err = wl_display_dispatch_pending(wl->display) < 0;
		if (!err)
			err = wl_display_read_events(wl->display) < 0;
		/* after an error, too: events that came before it count */
		if (wl_display_dispatch_pending(wl->display) < 0)
			err = -1;
	}
	if (err)
		end_with_error(wl);
	else
		xd_wl_flush(wl);
	xd_wl_put(wl);
}

/* ---- globals ---- */

static void ping(void *data, struct xdg_wm_base *shell, uint32_t serial)
{
	xdg_wm_base_pong(shell, serial);
}

static const struct xdg_wm_base_listener shell_listener = { .ping = ping };

static void bind_global(void *data, struct wl_registry *registry, uint32_t name,
			const char *interface, uint32_t version)
{
	struct xd_wl *wl = data;

#define bind_field(field, type, most)                          \
	(wl->field = wl_registry_bind(registry, name, &(type), \
				      version < (most) ? version : (most)))
	if (!strcmp(interface, wl_compositor_interface.name) &&
	    !wl->compositor && version >= 4) {
		bind_field(compositor, wl_compositor_interface, 4);
	} else if (!strcmp(interface, wl_shm_interface.name) && !wl->shm) {
		bind_field(shm, wl_shm_interface, 1);
	} else if (!strcmp(interface, xdg_wm_base_interface.name) &&
		   !wl->shell) {
		bind_field(shell, xdg_wm_base_interface, 2);
		xdg_wm_base_add_listener(wl->shell, &shell_listener, wl);
	} else if (!strcmp(interface, wp_viewporter_interface.name) &&
		   !wl->viewporter) {
		bind_field(viewporter, wp_viewporter_interface, 1);
	} else if (!strcmp(interface, zwp_linux_dmabuf_v1_interface.name) &&
		   !wl->dmabuf && version >= 3) {
		bind_field(dmabuf, zwp_linux_dmabuf_v1_interface, 4);
		xd_wl_formats_listen(&wl->formats, wl->dmabuf, version);
	} else if (!strcmp(interface, wl_seat_interface.name)) {
		xd_wl_seat_add(&wl->seats, &wl->grabs, registry, name, version);
	} else {
		xd_wl_grabs_bind(&wl->grabs, registry, name, interface);
	}
#undef bind_field
}

static void remove_global(void *data, struct wl_registry *registry,
			  uint32_t name)
{
	struct xd_wl *wl = data;

	/* other globals stay as long as the compositor does */
	xd_wl_seat_remove(&wl->seats, name);
}

static const struct wl_registry_listener registry_listener = {
	.global = bind_global,
	.global_remove = remove_global,
};

static void finish_sync(void *data, struct wl_callback *callback,
			uint32_t serial);

static const struct wl_callback_listener sync_listener = { .done = finish_sync };

static void start_sync(struct xd_wl *wl)
{
	wl->sync = wl_display_sync(wl->display);
	wl_callback_add_listener(wl->sync, &sync_listener, wl);
}

static void finish_sync(void *data, struct wl_callback *callback,
			uint32_t serial)
{
	struct xd_wl *wl = data;
	struct xd_wl_user *u;

	wl_callback_destroy(callback);
	wl->sync = NULL;
	/* the first brings the globals, the second their events */
	if (++wl->syncs < 2) {
		start_sync(wl);
		return;
	}
	if (!wl->compositor || !wl->shm || !wl->shell) {
		end_connection(
			wl,
			"wl_compositor 4, wl_shm or xdg_wm_base is missing");
		return;
	}
	wl->ready = true;
	xdc_timer_at(&wl->timeout, wl->full ? xdc_now() + FULL_TIMEOUT : 0);
	xdc_log(XDC_INFO, "the compositor at %s takes dma-bufs in %u formats",
		wl->name, wl->formats.list.nr);
	LIST_FOREACH(u, &wl->users, entry)
		u->ready(u);
}

/* ---- connecting ---- */

/* Names such as "wayland-1" are relative to $XDG_RUNTIME_DIR */
static int find_socket(const char *display, char *path, size_t len,
		       struct xdc_reason *why)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	int n;

	if (!*display)
		display = getenv("WAYLAND_DISPLAY");
	if (!display || !*display)
		display = "wayland-0";
	if (*display == '/') {
		n = snprintf(path, len, "%s", display);
	} else if (dir && *dir == '/') {
		n = snprintf(path, len, "%s/%s", dir, display);
	} else {
		return xdc_reason_set(
			why, -EINVAL,
			"wayland-display must be a path: XDG_RUNTIME_DIR is not set");
	}
	if ((size_t)n >= len)
		return xdc_reason_set(why, -ENAMETOOLONG,
				      "the path of %s is too long for a socket",
				      display);
	return 0;
}

/* Does not wait for a compositor whose queue of connections is full */
static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, err;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	strcpy(address.sun_path, path);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int connect_display(struct xd_wl *wl, struct xdc_reason *why)
{
	int fd = connect_to(wl->name), err;

	wl_log_set_handler_client(note_said);
	if (fd < 0)
		return xdc_reason_set(why, -EAGAIN, "no compositor at %s: %s",
				      wl->name, strerror(-fd));
	xdc_reason_set(why, 0, "out of memory or file descriptors");
	/* owns the file from here on, even if it fails */
	wl->display = wl_display_connect_to_fd(fd);
	if (!wl->display)
		return -ENOMEM;
	wl->registry = wl_display_get_registry(wl->display);
	wl_registry_add_listener(wl->registry, &registry_listener, wl);
	start_sync(wl);
	xdc_timer_init(wl->loop, &wl->timeout, time_out);
	wl->source.fd = wl_display_get_fd(wl->display);
	wl->source.ready = read_events;
	err = xdc_loop_add(wl->loop, &wl->source, EPOLLIN);
	if (err) {
		wl->source.fd = -1;
		return err;
	}
	xdc_timer_in(&wl->timeout, CONNECT_TIMEOUT);
	return 0;
}

static void destroy_connection(struct xd_wl *wl)
{
	struct xd_wl_orphan *o;

	xdc_loop_cancel(wl->loop, &wl->tell_lost);
	xdc_loop_cancel(wl->loop, &wl->tell_room);
	xdc_timer_fini(&wl->timeout);
	if (wl->display) {
		if (!wl->dead && wl->source.fd >= 0)
			xdc_loop_remove(wl->loop, &wl->source);
		xd_wl_seats_fini(&wl->seats);
		xd_wl_grabs_fini(&wl->grabs);
		while ((o = LIST_FIRST(&wl->orphans)))
			o->destroy(o);
		while ((o = LIST_FIRST(&wl->leaving)))
			o->destroy(o);
		xd_wl_formats_fini(&wl->formats);
		if (wl->dmabuf)
			zwp_linux_dmabuf_v1_destroy(wl->dmabuf);
		if (wl->viewporter)
			wp_viewporter_destroy(wl->viewporter);
		if (wl->shell)
			xdg_wm_base_destroy(wl->shell);
		if (wl->shm)
			wl_shm_destroy(wl->shm);
		if (wl->compositor)
			wl_compositor_destroy(wl->compositor);
		if (wl->sync)
			wl_callback_destroy(wl->sync);
		wl_registry_destroy(wl->registry);
		wl_display_flush(wl->display);
		wl_display_disconnect(wl->display);
	}
	free(wl);
}

int xd_wl_get(struct xdc_loop *loop, struct xd_owner *owner,
	      const char *display, struct xd_wl **out, struct xdc_reason *why)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct xd_wl *wl;
	int err;

	err = find_socket(display, path, sizeof(path), why);
	if (err)
		return err;
	LIST_FOREACH(wl, &connections, entry) {
		if (strcmp(wl->name, path) || wl->loop != loop ||
		    wl->owner != owner)
			continue;
		wl->refs++;
		*out = wl;
		return 0;
	}
	wl = calloc(1, sizeof(*wl));
	if (!wl)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	snprintf(wl->name, sizeof(wl->name), "%s", path);
	wl->loop = loop;
	wl->owner = owner;
	wl->refs = 1;
	wl->source.fd = -1;
	LIST_INIT(&wl->users);
	LIST_INIT(&wl->seats);
	LIST_INIT(&wl->orphans);
	LIST_INIT(&wl->leaving);
	wl->tell_lost.run = tell_lost;
	wl->tell_room.run = tell_room;
	err = connect_display(wl, why);
	if (err) {
		destroy_connection(wl);
		return err;
	}
	LIST_INSERT_HEAD(&connections, wl, entry);
	xd_wl_flush(wl);
	*out = wl;
	return 0;
}

void xd_wl_put(struct xd_wl *wl)
{
	/* the owner may end before a caller up the stack puts its reference */
	if (wl->owner && LIST_EMPTY(&wl->users)) {
		count_orphans(wl, -wl->orphaned);
		wl->owner = NULL;
	}
	if (--wl->refs)
		return;
	if (!wl->dead)
		LIST_REMOVE(wl, entry);
	destroy_connection(wl);
}
