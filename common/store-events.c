// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/log.h"
#include "common/store-events.h"

/* watch events in one turn of the loop; the rest waits in the socket */
#define EVENTS_A_TURN 64

static void lose_xenstore(struct xdc_store_events *e)
{
	xdc_log(XDC_ERROR, "connection to xenstore lost");
	xdc_loop_fail(e->loop, -EPIPE);
}

static void peer_ready(struct xdc_source *s, uint32_t events)
{
	lose_xenstore(container_of(s, struct xdc_store_events, peer));
}

/*
 * libxenstore does not report when xenstored closes the connection.  A second
 * one, on which nothing is sent, does.  Without xenstored's socket libxenstore
 * uses the kernel's device, which never hangs up.
 */
static int watch_peer(struct xdc_store_events *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = xs_daemon_socket();
	int err;

	if (!path || strlen(path) >= sizeof(address.sun_path))
		return 0;
	strcpy(address.sun_path, path);
	e->peer.ready = peer_ready;
	e->peer.fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (e->peer.fd < 0)
		return -errno;
	if (connect(e->peer.fd, (struct sockaddr *)&address, sizeof(address))) {
		close(e->peer.fd);
		e->peer.fd = -1;
		return 0;
	}
	err = xdc_loop_add(e->loop, &e->peer, EPOLLIN);
	if (err) {
		close(e->peer.fd);
		e->peer.fd = -1;
	}
	return err;
}

static void events_ready(struct xdc_source *s, uint32_t events)
{
	struct xdc_store_events *e =
		container_of(s, struct xdc_store_events, source);
	unsigned int i;

	if (events & (EPOLLHUP | EPOLLERR)) {
		lose_xenstore(e);
		return;
	}
	for (i = 0; i < EVENTS_A_TURN; i++) {
		char **event = xs_check_watch(e->xs);

		if (!event)
			break;
		xdc_log(XDC_DEBUG, "xenstore: %s", event[XS_WATCH_PATH]);
		e->event(e, event[XS_WATCH_PATH], event[XS_WATCH_TOKEN]);
		free(event);
	}
	e->turn_over(e);
}

int xdc_store_events_start(struct xdc_store_events *e, struct xdc_loop *loop,
			   struct xs_handle *xs)
{
	int err;

	e->loop = loop;
	e->xs = xs;
	e->peer.fd = -1;
	e->source.fd = xs_fileno(xs);
	e->source.ready = events_ready;
	err = xdc_loop_add(loop, &e->source, EPOLLIN);
	if (err) {
		e->source.fd = -1;
		return err;
	}
	return watch_peer(e);
}

void xdc_store_events_stop(struct xdc_store_events *e)
{
	if (!e->loop)
		return;
	xdc_loop_remove(e->loop, &e->source);
	e->source.fd = -1;
	xdc_loop_remove(e->loop, &e->peer);
	if (e->peer.fd >= 0)
		close(e->peer.fd);
	e->peer.fd = -1;
	e->loop = NULL;
}
