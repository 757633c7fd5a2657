/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages with descriptors. */
#ifndef XDL_CHANNEL_SOCKET_H
#define XDL_CHANNEL_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

/**
 * xdl_socket_send - return the number of bytes, or a negative errno value
 * @flags: as for sendmsg(); MSG_NOSIGNAL is added
 */
ssize_t xdl_socket_send(int fd, const void *data, size_t len, const int *fds,
			size_t nr_fds, int flags);
/**
 * xdl_socket_receive - return the number of bytes, or a negative errno value
 * @fds: room for *@nr_fds, which is set to their number
 *
 * EMSGSIZE: more bytes of a datagram, or more descriptors, than there is room for;
 * none are kept.  If the other end was closed with something unread, that is no
 * error: what it has sent before is still received.
 */
ssize_t xdl_socket_receive(int fd, void *data, size_t len, int *fds,
			   size_t *nr_fds, int flags);
/** xdl_socket_await - until it is readable.  ETIMEDOUT, EINTR */
int xdl_socket_await(int fd, int timeout_ms);

#endif
