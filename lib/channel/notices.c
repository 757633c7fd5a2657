// SPDX-License-Identifier: LGPL-2.1-or-later
/* A channel's second socket: events, and requests that are answered */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/channel/handle.h"
#include "lib/channel/socket.h"
#include "lib/channel/wire.h"

/* ms that the daemon's process may take to answer */
#define PATIENCE 30000

/* The next datagram.  @fd: a descriptor that came with it, or -1 */
static int receive_event(struct xendmabuf_channel *ch,
			 struct xendmabuf_channel_event *event, int *fd)
{
	size_t nr = 1;
	ssize_t n;

	*fd = -1;
	n = xdl_socket_receive(ch->notices, event, sizeof(*event), fd, &nr,
			       MSG_DONTWAIT);
	if (!n)
		return -EPIPE;
	if (n < 0)
		return (int)n;
	if (n == sizeof(*event))
		return 0;
	if (nr)
		close(*fd);
	return -EPROTO;
}

/* What is kept is not in the socket: who polls must see it, too */
static void show_kept(struct xendmabuf_channel *ch)
{
	uint64_t n = 1;
	ssize_t done;

	if (ch->wake < 0)
		return;
	if (STAILQ_EMPTY(&ch->kept))
		done = read(ch->wake, &n, sizeof(n));
	else
		done = write(ch->wake, &n, sizeof(n));
	(void)done; /* an eventfd that is empty, or full, is as it should be */
}

static int keep_event(struct xendmabuf_channel *ch,
		      const struct xendmabuf_channel_event *event)
{
	struct xdl_kept *kept = malloc(sizeof(*kept));

	if (!kept)
		return -ENOMEM;
	kept->event = *event;
	STAILQ_INSERT_TAIL(&ch->kept, kept, link);
	show_kept(ch);
	return 0;
}

/* 0 with the result in @event; events that come before it are kept */
static int await_result(struct xendmabuf_channel *ch,
			struct xendmabuf_channel_event *event, int *fd)
{
	int err;

	for (;;) {
		err = xdl_socket_await(ch->notices, PATIENCE);
		if (err == -EINTR)
			continue;
		if (!err)
			err = receive_event(ch, event, fd);
		if (err || event->type == XCW_RESULT)
			return err;
		err = keep_event(ch, event);
		if (err)
			return err;
	}
}

/* Answers come in order: if one is missing, the next ones would be wrong */
static int ask_worker(struct xendmabuf_channel *ch, const struct xcw_request *r,
		      int fd, int *made)
{
	struct xendmabuf_channel_event event;
	ssize_t n = xdl_socket_send(ch->notices, r, sizeof(*r), &fd, 1, 0);
	int err;

	*made = -1;
	/* more of this user's are in sockets than this process may open */
	if (n == -ETOOMANYREFS)
		return -EMFILE;
	if (n < 0)
		return n == -ECONNRESET ? -EPIPE : (int)n;
	err = await_result(ch, &event, made);
	/* this process has no room for its descriptor, which no other datagram has */
	if (err == -EMSGSIZE)
		return -EMFILE;
	if (err) {
		shutdown(ch->notices, SHUT_RDWR);
		return err == -ECONNRESET ? -EPIPE : err;
	}
	return event.error;
}

XDL_API int xendmabuf_channel_recall(struct xendmabuf_channel *ch, int fd,
				     unsigned int timeout_ms)
{
	struct xcw_request r = { .type = XCW_RECALL, .ms = timeout_ms };
	int none;

	return ask_worker(ch, &r, fd, &none);
}

XDL_API int xendmabuf_channel_memory(struct xendmabuf_channel *ch, int memfd,
				     uint64_t offset, uint64_t size,
				     int *dmabuf_fd)
{
	struct xcw_request r = {
		.type = XCW_MEMORY,
		.offset = offset,
		.size = size,
	};
	int err = ask_worker(ch, &r, memfd, dmabuf_fd);

	/* the daemon had no descriptor left for this process */
	return !err && *dmabuf_fd < 0 ? -EMFILE : err;
}

static int add_to_poll(struct xendmabuf_channel *ch, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(ch->poll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int make_poll(struct xendmabuf_channel *ch)
{
	int err = 0;

	ch->poll = epoll_create1(EPOLL_CLOEXEC);
	ch->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ch->poll < 0 || ch->wake < 0)
		err = -errno;
	if (!err)
		err = add_to_poll(ch, ch->notices);
	if (!err)
		err = add_to_poll(ch, ch->wake);
	if (!err) {
		show_kept(ch);
		return 0;
	}
	if (ch->poll >= 0)
		close(ch->poll);
	if (ch->wake >= 0)
		close(ch->wake);
	ch->poll = ch->wake = -1;
	return err;
}

static int send_subscribe(struct xendmabuf_channel *ch)
{
	struct xcw_request r = { .type = XCW_SUBSCRIBE };
	ssize_t n = xdl_socket_send(ch->notices, &r, sizeof(r), NULL, 0, 0);

	if (n < 0)
		return n == -ECONNRESET ? -EPIPE : (int)n;
	ch->subscribed = true;
	return 0;
}

XDL_API int xendmabuf_channel_event_fd(struct xendmabuf_channel *ch)
{
	int err = ch->subscribed ? 0 : send_subscribe(ch);

	if (!err && ch->poll < 0)
		err = make_poll(ch);
	return err ? err : ch->poll;
}

static bool take_kept(struct xendmabuf_channel *ch,
		      struct xendmabuf_channel_event *event)
{
	struct xdl_kept *kept = STAILQ_FIRST(&ch->kept);

	if (!kept)
		return false;
	*event = kept->event;
	STAILQ_REMOVE_HEAD(&ch->kept, link);
	free(kept);
	show_kept(ch);
	return true;
}

/* The end of the socket is an event of its own, once */
static int next_event(struct xendmabuf_channel *ch,
		      struct xendmabuf_channel_event *event)
{
	int err, fd;

	if (take_kept(ch, event))
		return 0;
	do {
		err = receive_event(ch, event, &fd);
		if (!err && fd >= 0)
			close(fd);
	} while (!err && event->type == XCW_RESULT);
	if (err != -EPIPE)
		return err;
	memset(event, 0, sizeof(*event));
	event->type = XENDMABUF_CHANNEL_PEER_GONE;
	return 0;
}

XDL_API int xendmabuf_channel_event(struct xendmabuf_channel *ch,
				    struct xendmabuf_channel_event *event,
				    size_t size)
{
	struct xendmabuf_channel_event next;
	int err;

	if (size < sizeof(next))
		return -EINVAL;
	/* the daemon may not have closed its end yet */
	if (ch->over)
		return -EPIPE;
	err = next_event(ch, &next);
	if (err)
		return err;
	ch->over |= next.type == XENDMABUF_CHANNEL_PEER_GONE;
	return xdl_fill(event, size, &next, sizeof(next), sizeof(next));
}
