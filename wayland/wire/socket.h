/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes with descriptors that come over an AF_UNIX socket, without waiting. */
#ifndef XWL_WIRE_SOCKET_H
#define XWL_WIRE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wire/fds.h"

/* At most in one message of a socket, as libwayland's */
#define XWL_SOCKET_FDS 28U

/*
 * Descriptors that the other end of a socket has not read.  Linux counts those of all
 * processes of a user together: with too many, none of them can send any more.
 */
struct xwl_unread {
	bool limited; /* only few may be there at a time */
	unsigned int nr; /* that were sent, and may be there */
	bool held; /* until the other end has read, of which poll() does not tell */
};

/** xwl_unread_max - at most with one message */
unsigned int xwl_unread_max(const struct xwl_unread *u);
/**
 * xwl_unread_hold - whether @nr more must wait, which sets u->held
 * @fd: the socket
 */
bool xwl_unread_hold(struct xwl_unread *u, int fd, unsigned int nr);

/**
 * xwl_socket_receive - what there is
 * @fds: gets the descriptors
 *
 * Return: bytes; 0: the other end has closed.  EAGAIN.  EMFILE: more descriptors than
 * @fds has room for.  EMSGSIZE: a datagram that is longer than @len, or more descriptors
 * in one message than anybody sends.
 */
ssize_t xwl_socket_receive(int fd, void *data, size_t len, struct xwl_fds *fds);

/** xwl_socket_closed - an error of sending: what the other end said last may be unread */
bool xwl_socket_closed(int err);

#endif
