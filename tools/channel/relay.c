// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xendmabuf-channel.h>

#include "channel/relay.h"
#include "common/fd-socket.h"

#define ROOM 65536U

/* What one end has said and the other has not heard */
struct flow {
	const struct xt_end *from, *to;
	char data[ROOM];
	size_t at, len;
	int fds[XDC_SOCKET_FDS]; /* they go with the byte at fds_at */
	unsigned int nr_fds;
	size_t fds_at;
	bool full; /* there is something, perhaps an empty datagram */
	bool ended; /* nothing more comes */
	bool done; /* and all has gone */
};

static ssize_t read_some(struct flow *f)
{
	const struct xt_end *from = f->from;
	ssize_t n;

	f->at = f->len = f->fds_at = 0;
	if (from->datagrams)
		return xdc_socket_receive(from->in, f->data, ROOM, f->fds,
					  &f->nr_fds);
	if (from->socket)
		return xdc_socket_receive_stream(from->in, f->data, ROOM,
						 f->fds, &f->nr_fds,
						 &f->fds_at);
	n = read(from->in, f->data, ROOM);
	return n < 0 ? -errno : n;
}

static int fill_flow(struct flow *f)
{
	bool datagrams = f->from->datagrams;
	ssize_t n = read_some(f);

	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n < 0)
		return (int)n;
	f->len = (size_t)n;
	f->ended = !n && !f->nr_fds &&
		   (!datagrams || xdc_socket_ended(f->from->in));
	f->full = n || (datagrams && f->to->datagrams && !f->ended);
	/* a descriptor cannot go to what is no socket */
	if (!f->full || !f->to->socket)
		xdc_close_all(f->fds, &f->nr_fds);
	return 0;
}

/* A pipe that can be written to takes so many bytes without waiting */
static ssize_t write_bytes(struct flow *f)
{
	size_t len = f->len - f->at;
	ssize_t n = write(f->to->out, f->data + f->at,
			  len < PIPE_BUF ? len : PIPE_BUF);

	return n < 0 ? -errno : n;
}

static ssize_t send_piece(struct flow *f)
{
	bool with_fds = f->nr_fds && f->at == f->fds_at;
	size_t len = f->nr_fds && f->at < f->fds_at ? f->fds_at - f->at
						    : f->len - f->at;
	ssize_t n;

	if (f->to->datagrams && !f->from->datagrams &&
	    len > XENDMABUF_CHANNEL_DATAGRAM_MAX)
		len = XENDMABUF_CHANNEL_DATAGRAM_MAX;
	n = xdc_socket_send(f->to->out, f->data + f->at, len, f->fds,
			    with_fds ? f->nr_fds : 0);
	if (n >= 0 && with_fds)
		xdc_close_all(f->fds, &f->nr_fds);
	return n;
}

/* The other end hears no more */
static void give_up(struct flow *f)
{
	xdc_close_all(f->fds, &f->nr_fds);
	f->full = false;
	f->done = f->ended = true;
	if (f->from->socket)
		shutdown(f->from->in, SHUT_RD);
}

static int drain_flow(struct flow *f)
{
	ssize_t n = f->to->socket ? send_piece(f) : write_bytes(f);

	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n == -EPIPE || n == -ECONNRESET) {
		give_up(f);
		return 0;
	}
	if (n < 0)
		return (int)n;
	f->at += (size_t)n;
	f->full = f->at < f->len;
	return 0;
}

static void finish_flow(struct flow *f)
{
	if (f->done || !f->ended || f->full)
		return;
	f->done = true;
	if (f->to->socket)
		shutdown(f->to->out, SHUT_WR);
}

static struct pollfd wait_for(const struct flow *f)
{
	if (f->full)
		return (struct pollfd){ .fd = f->to->out, .events = POLLOUT };
	return (struct pollfd){ .fd = f->ended ? -1 : f->from->in,
				.events = POLLIN };
}

static int move_flow(struct flow *f, const struct pollfd *p)
{
	int err = 0;

	if (p->revents)
		err = f->full ? drain_flow(f) : fill_flow(f);
	if (!err)
		finish_flow(f);
	return err;
}

int xt_relay(const struct xt_end *a, const struct xt_end *b,
	     struct xt_watch *watch)
{
	/* too large for a stack */
	static struct flow flows[2];
	struct pollfd p[3];
	int err = 0;

	flows[0] = (struct flow){ .from = a, .to = b };
	flows[1] = (struct flow){ .from = b, .to = a };
	while (!err && !(flows[0].done && (flows[1].done || !b->socket))) {
		p[0] = wait_for(&flows[0]);
		p[1] = wait_for(&flows[1]);
		p[2] = (struct pollfd){ .fd = watch->fd, .events = POLLIN };
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			return -errno;
		if (p[2].revents)
			watch->ready(watch);
		err = move_flow(&flows[0], &p[0]);
		if (!err)
			err = move_flow(&flows[1], &p[1]);
	}
	return err;
}
