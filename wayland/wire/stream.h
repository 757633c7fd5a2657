/* SPDX-License-Identifier: GPL-2.0-only */
/* A Wayland socket: bytes and descriptors, read and written without waiting. */
#ifndef XWL_WIRE_STREAM_H
#define XWL_WIRE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "wire/fds.h"
#include "wire/message.h"
#include "wire/socket.h"

#define XWL_STREAM_IN 16384U

struct xwl_stream {
	int fd;
	uint8_t in[XWL_STREAM_IN] __attribute__((aligned(8)));
	size_t begin, end; /* the bytes in @in that are not taken yet */
	struct xwl_fds in_fds, out_fds;
	uint8_t *out;
	size_t out_len, out_size, out_max;
	struct xwl_unread unread;
};

/** xwl_stream_init - takes over @fd; at most @out_max bytes wait to be written */
void xwl_stream_init(struct xwl_stream *s, int fd, size_t out_max);
void xwl_stream_fini(struct xwl_stream *s);

/**
 * xwl_stream_read - fetch what there is, and what there is room for
 *
 * EAGAIN: nothing.  EPIPE: the other end has closed.  EMFILE: descriptors that
 * belong to no message.  Or another error of the socket.
 */
int xwl_stream_read(struct xwl_stream *s);
/**
 * xwl_stream_peek - the next whole message, valid until the next read
 *
 * EAGAIN: not here yet.  EPROTO: its size is impossible.
 */
int xwl_stream_peek(struct xwl_stream *s, struct xwl_header *h,
		    const uint8_t **data);
/** xwl_stream_take - the message that was peeked at is done with */
void xwl_stream_take(struct xwl_stream *s, const struct xwl_header *h);

/**
 * xwl_stream_send - write a message, or keep it until xwl_stream_flush()
 * @m: its descriptors are taken over, also on failure
 *
 * ENOBUFS: the other end does not read, and too much waits.  EMSGSIZE.  ENOMEM.
 */
int xwl_stream_send(struct xwl_stream *s, struct xwl_message *m);
/** xwl_stream_room - so many messages of the largest size can be sent yet */
size_t xwl_stream_room(const struct xwl_stream *s);
/** xwl_stream_flush - EAGAIN: some is left: see s->unread.held.  Or an error of the socket */
int xwl_stream_flush(struct xwl_stream *s);

#endif
