/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes with descriptors over an AF_UNIX socket, without waiting. */
#ifndef XWL_WIRE_SOCKET_H
#define XWL_WIRE_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

#include "wire/fds.h"

#define XWL_SOCKET_FDS \
	28U /* at most in one message of a socket, as libwayland's */

/**
 * xwl_socket_send - at most XWL_SOCKET_FDS descriptors, which stay the caller's
 *
 * Return: how many bytes went; the descriptors went if any did.  EAGAIN.  EPIPE.
 */
ssize_t xwl_socket_send(int fd, const void *data, size_t len, const int *fds,
			unsigned int nr_fds);
/**
 * xwl_socket_receive - what there is
 * @fds: gets the descriptors
 *
 * Return: bytes; 0: the other end has closed.  EAGAIN.  EMFILE: too many
 * descriptors.  EMSGSIZE: a datagram that is longer than @len.
 */
ssize_t xwl_socket_receive(int fd, void *data, size_t len, struct xwl_fds *fds);

#endif
