/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes and descriptors of a program's socket.  Nothing here blocks. */
#ifndef XDC_FD_SOCKET_H
#define XDC_FD_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define XDC_SOCKET_FDS 32U

/**
 * xdc_socket_receive - what a stream holds, at most @max bytes, or a datagram
 * @fds: room for XDC_SOCKET_FDS; the caller closes the @nr_fds that are set
 *
 * Return: the number of bytes; 0 may be the end or an empty datagram, see
 * xdc_socket_ended().  EAGAIN: nothing now.  EMSGSIZE: a datagram with more bytes
 * or descriptors than fit; it is lost.  If the other end was closed with something
 * unread, that is no error: what it has sent before is still received.
 */
ssize_t xdc_socket_receive(int fd, void *data, size_t max, int *fds,
			   unsigned int *nr_fds);
/**
 * xdc_socket_receive_data - like xdc_socket_receive(), without descriptors
 *
 * Those that come are dropped, and never open here: close() of a file can wait for its
 * file system for ever, as for one of FUSE that does not answer.  Dropping the last one
 * can wait as well, if the file system caches writes.
 */
ssize_t xdc_socket_receive_data(int fd, void *data, size_t max);
/**
 * xdc_socket_refuse_fds - who sends descriptors to it gets EPERM, from Linux 6.16 on
 *
 * Also to those that a listening socket accepts.  Dropping the last descriptor of a
 * network socket waits for its data to be sent, if the program has set SO_LINGER.
 */
void xdc_socket_refuse_fds(int fd);
/**
 * xdc_socket_receive_stream - with the place of the descriptors
 * @fds_at: set to the index of the byte that @fds came with
 *
 * Like xdc_socket_receive(), of a stream whose messages have descriptors.  Linux
 * returns what was written in several calls as one, and does not say which byte
 * of it had the descriptors, but programs rely on that.
 */
ssize_t xdc_socket_receive_stream(int fd, void *data, size_t max, int *fds,
				  unsigned int *nr_fds, size_t *fds_at);
/** xdc_socket_ended - the other end writes no more, and nothing is left to read */
bool xdc_socket_ended(int fd);
/**
 * xdc_socket_send - return the number of bytes, or EAGAIN
 *
 * @fds go with the first byte: they are gone if the call succeeds, though still
 * to be closed here.
 */
ssize_t xdc_socket_send(int fd, const void *data, size_t len, const int *fds,
			unsigned int nr_fds);
/** xdc_close_all - and forget them: sets @nr to 0 */
void xdc_close_all(int *fds, unsigned int *nr);

#endif
