/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of AF_UNIX sockets with a descriptor.  All calls wait. */
#ifndef FD_MESSAGE_H
#define FD_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

/** fd_message_connect - to a stream; the descriptor, or -1 with errno */
int fd_message_connect(const char *path);
/** fd_message_send - what sendmsg() returns; no descriptor with @fd -1 */
ssize_t fd_message_send(int socket, const void *data, size_t len, int fd);
/**
 * fd_message_receive - what recvmsg() returns
 * @flags: its flags, such as MSG_WAITALL
 * @fd: the first descriptor that came with the message, or -1
 */
ssize_t fd_message_receive(int socket, void *data, size_t len, int flags,
			   int *fd);

#endif
