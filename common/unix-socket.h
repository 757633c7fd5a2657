/* SPDX-License-Identifier: GPL-2.0-only */
/* AF_UNIX sockets at paths, and who is at their other end. */
#ifndef XDC_UNIX_SOCKET_H
#define XDC_UNIX_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

/**
 * xdc_unix_listen - a listening socket, which does not block
 * @type: SOCK_STREAM or SOCK_SEQPACKET
 * @mode: who may connect, as the permissions of a file
 *
 * Makes the socket's folder, but not the folder's parents, and removes a socket
 * on which no program listens any more.  The caller unlinks @path after closing.
 *
 * Return: the socket.  EADDRINUSE: a program listens at @path.  EEXIST: @path is
 * not a socket.  ENAMETOOLONG.  Or another error of the system.
 */
int xdc_unix_listen(const char *path, int type, mode_t mode);
/**
 * xdc_unix_connect - a socket that is connected to @path, and does not block
 *
 * ECONNREFUSED: no program listens there.  ENOENT.  EAGAIN: as many programs wait there
 * as it allows.  EPROTOTYPE: it is not of @type.
 */
int xdc_unix_connect(const char *path, int type);
/**
 * xdc_unix_connect_wait - for programs that can wait while as many programs wait there
 * @timeout_ms: for so long, more than 0
 *
 * The socket does not block afterwards.  ETIMEDOUT, or as xdc_unix_connect().
 */
int xdc_unix_connect_wait(const char *path, int type, int timeout_ms);

#define XDC_GROUPS_MAX 64U

/* A local program at the other end of a socket */
struct xdc_user {
	pid_t pid; /* when it connected */
	uid_t uid;
	gid_t gids[XDC_GROUPS_MAX]; /* its group, and supplementary ones */
	unsigned int nr_gids;
};

/** xdc_unix_user - as it was when it connected; of more groups than fit only the first is told */
int xdc_unix_user(int fd, struct xdc_user *user);

#endif
