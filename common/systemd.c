// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "common/number.h"
#include "common/systemd.h"

/* The first descriptor that systemd gives */
#define FIRST 3
/* More than any unit has */
#define SOCKETS_MAX 1024

static unsigned int count_sockets(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint32_t id, n;

	/* the environment of a process that this one is a child of counts not */
	if (!pid || !fds || xdc_parse_number(pid, UINT32_MAX, &id) ||
	    xdc_parse_number(fds, SOCKETS_MAX, &n) || (pid_t)id != getpid())
		return 0;
	return n;
}

static bool is_at(int fd, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNSPEC };
	/* a path that fills the address has no NUL */
	socklen_t len = sizeof(address) - 1;

	return !getsockname(fd, (struct sockaddr *)&address, &len) &&
	       address.sun_family == AF_UNIX && !strcmp(address.sun_path, path);
}

static bool is_of_type(int fd, int type)
{
	socklen_t len = sizeof(int);
	int listens = 0, actual = 0;

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &actual, &len) &&
	       !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) &&
	       actual == type && listens;
}

int xdc_systemd_socket(const char *path, int type)
{
	int fd = FIRST, end = FIRST + (int)count_sockets(), copy;

	while (fd < end && !is_at(fd, path))
		fd++;
	if (fd == end)
		return -ENOENT;
	if (!is_of_type(fd, type))
		return -EPROTOTYPE;
	/* the original stays, so that it can be asked for again */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0 || fcntl(copy, F_SETFL, O_RDWR | O_NONBLOCK))
		return -errno;
	return copy;
}

void xdc_systemd_notify(const char *what)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t len;
	int fd;

	if (!path || (path[0] != '/' && path[0] != '@') ||
	    strlen(path) >= sizeof(address.sun_path))
		return;
	strcpy(address.sun_path, path);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			  strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, what, strlen(what), MSG_NOSIGNAL,
		   (struct sockaddr *)&address, len) < 0)
		xdc_log(XDC_DEBUG, "cannot notify systemd: %s",
			strerror(errno));
	close(fd);
}
