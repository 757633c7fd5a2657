// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd-socket.h"
#include "wire/stream.h"

/* Enough for most messages; grows up to out_max */
#define OUT_FIRST 4096U

void xwl_stream_init(struct xwl_stream *s, int fd, size_t out_max)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->out_max = out_max;
}

/*
 * With something unread, the other end would have ECONNRESET, for which libwayland 1.23
 * and later forget what they have read at the same time: the reason of the end
 */
static void close_orderly(struct xwl_stream *s)
{
	/* nothing more can come */
	shutdown(s->fd, SHUT_RD);
	while (recv(s->fd, s->in, sizeof(s->in), MSG_DONTWAIT) > 0)
		;
	close(s->fd);
}

void xwl_stream_fini(struct xwl_stream *s)
{
	if (s->fd >= 0)
		close_orderly(s);
	s->fd = -1;
	xwl_fds_drop(&s->in_fds, s->in_fds.nr);
	xwl_fds_drop(&s->out_fds, s->out_fds.nr);
	free(s->out);
	s->out = NULL;
	s->out_len = s->out_size = 0;
}

int xwl_stream_read(struct xwl_stream *s)
{
	ssize_t n;

	memmove(s->in, s->in + s->begin, s->end - s->begin);
	s->end -= s->begin;
	s->begin = 0;
	if (s->end == sizeof(s->in))
		return 0;
	n = xwl_socket_receive(s->fd, s->in + s->end, sizeof(s->in) - s->end,
			       &s->in_fds);
	if (n < 0)
		return (int)n;
	s->end += (size_t)n;
	return n ? 0 : -EPIPE;
}

int xwl_stream_peek(struct xwl_stream *s, struct xwl_header *h,
		    const uint8_t **data)
{
	*data = s->in + s->begin;
	return xwl_header_read(*data, s->end - s->begin, h);
}

void xwl_stream_take(struct xwl_stream *s, const struct xwl_header *h)
{
	s->begin += h->size;
}

static int reserve_out(struct xwl_stream *s, size_t len)
{
	size_t size = s->out_size ? s->out_size : OUT_FIRST;
	uint8_t *grown;

	if (len > s->out_max)
		return -ENOBUFS;
	while (size < len)
		size *= 2;
	if (size == s->out_size)
		return 0;
	grown = realloc(s->out, size);
	if (!grown)
		return -ENOMEM;
	s->out = grown;
	s->out_size = size;
	return 0;
}

/* The bytes first: what fails here must not leave descriptors behind */
static int queue_message(struct xwl_stream *s, struct xwl_message *m)
{
	uint32_t words[XWL_MESSAGE_MAX / 4];
	ssize_t len = xwl_message_write(m, words, sizeof(words));
	int err;

	if (len < 0)
		return (int)len;
	if (s->out_fds.nr + m->nr_fds > XWL_FDS_MAX)
		return -ENOBUFS;
	err = reserve_out(s, s->out_len + (size_t)len);
	if (err)
		return err;
	memcpy(s->out + s->out_len, words, (size_t)len);
	s->out_len += (size_t)len;
	xwl_fds_take(&s->out_fds, m);
	return 0;
}

int xwl_stream_send(struct xwl_stream *s, struct xwl_message *m)
{
	int err = queue_message(s, m);

	xwl_message_close(m);
	return err;
}

size_t xwl_stream_room(const struct xwl_stream *s)
{
	return (s->out_max - s->out_len) / XWL_MESSAGE_MAX;
}

int xwl_stream_flush(struct xwl_stream *s)
{
	unsigned int nr;
	size_t len;
	ssize_t n;

	while (s->out_len) {
		nr = xwl_unread_max(&s->unread);
		if (s->out_fds.nr < nr)
			nr = s->out_fds.nr;
		if (xwl_unread_hold(&s->unread, s->fd, nr))
			return -EAGAIN;
		/* more descriptors than fit: their messages wait for them */
		len = nr < s->out_fds.nr ? 1 : s->out_len;
		n = xdc_socket_send(s->fd, s->out, len, s->out_fds.fd, nr);
		if (n < 0)
			return (int)n;
		s->unread.nr += nr;
		xwl_fds_drop(&s->out_fds, nr);
		s->out_len -= (size_t)n;
		memmove(s->out, s->out + n, s->out_len);
	}
	return 0;
}
