// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/unix-socket.h"

#define BACKLOG 16

static int make_socket(const char *path, int type, struct sockaddr_un *address)
{
	int fd;

	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 ? -errno : fd;
}

/* Creates the socket's folder, but not the folder's parents */
static void make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return;
	*slash = '\0';
	mkdir(folder, 0755);
}

/*
 * Removes the socket that an earlier daemon has left.  It stays if a program
 * listens there, or if it is not a socket.
 */
static int remove_stale(const char *path, int type)
{
	struct stat st;
	int fd;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = xdc_unix_connect(path, type);
	if (fd >= 0)
		close(fd);
	/* EAGAIN: a program listens, and its backlog is full */
	if (fd >= 0 || fd == -EAGAIN || fd == -EPROTOTYPE)
		return -EADDRINUSE;
	if (fd != -ECONNREFUSED)
		return fd;
	return unlink(path) ? -errno : 0;
}

int xdc_unix_listen(const char *path, int type, mode_t mode)
{
	struct sockaddr_un address;
	int fd = make_socket(path, type, &address), err;
	mode_t mask;

	if (fd < 0)
		return fd;
	make_folder(path);
	err = remove_stale(path, type);
	mask = umask(0777 & ~mode);
	if (!err && (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
		     listen(fd, BACKLOG)))
		err = -errno;
	umask(mask);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int xdc_unix_connect(const char *path, int type)
{
	struct sockaddr_un address;
	int fd = make_socket(path, type, &address), err;

	if (fd < 0)
		return fd;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* What connect() waits for, unless the socket does not block */
static int limit_waiting(int fd, int timeout_ms)
{
	struct timeval limit = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000,
	};

	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
			       fcntl(fd, F_SETFL, 0)
		       ? -errno
		       : 0;
}

int xdc_unix_connect_wait(const char *path, int type, int timeout_ms)
{
	struct sockaddr_un address;
	int fd = make_socket(path, type, &address), err;

	if (fd < 0)
		return fd;
	err = limit_waiting(fd, timeout_ms);
	while (!err &&
	       connect(fd, (struct sockaddr *)&address, sizeof(address)))
		if (errno != EINTR)
			err = errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (!err && fcntl(fd, F_SETFL, O_NONBLOCK))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int xdc_unix_user(int fd, struct xdc_user *user)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	/* the first place is for the group itself */
	socklen_t size = sizeof(user->gids) - sizeof(user->gids[0]);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return -errno;
	user->pid = cred.pid;
	user->uid = cred.uid;
	user->gids[0] = cred.gid;
	user->nr_gids = 1;
	/* ERANGE: more groups than there is room for; none of them counts */
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, user->gids + 1, &size))
		user->nr_gids += (unsigned int)(size / sizeof(gid_t));
	else if (errno != ERANGE)
		return -errno;
	return 0;
}
