// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xendmabuf-channel.h>

#include "lib/channel/socket.h"

/* As many as Linux ever delivers at once: what does not fit must be closed, not lost */
#define SCM_MAX_FDS 253U
/* Bytes for what SO_PASSCRED, SO_PASSPIDFD, SO_PASSSEC or SO_TIMESTAMP add */
#define EXTRAS_MAX 512

/* Linux 6.5; headers may be older */
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(SCM_MAX_FDS * sizeof(int)) + EXTRAS_MAX];
};

ssize_t xdl_socket_send(int fd, const void *data, size_t len, const int *fds,
			size_t nr_fds, int flags)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;
	struct cmsghdr *h;
	ssize_t n;

	if (nr_fds > XENDMABUF_CHANNEL_FDS_MAX)
		return -EINVAL;
	if (nr_fds) {
		memset(&control, 0, CMSG_SPACE(nr_fds * sizeof(int)));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		h = CMSG_FIRSTHDR(&msg);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		memcpy(CMSG_DATA(h), fds, nr_fds * sizeof(int));
	}
	n = sendmsg(fd, &msg, flags | MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
}

static void close_all(const int *fds, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		close(fds[i]);
}

/* No caller can take it */
static void close_pidfd(const struct cmsghdr *h)
{
	int fd;

	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	if (fd >= 0)
		close(fd);
}

/* False: there is no room for all of them, and they are closed */
static bool take_fds(struct msghdr *msg, int *fds, size_t room, size_t *nr)
{
	bool fits = !(msg->msg_flags & MSG_CTRUNC);
	int got[SCM_MAX_FDS];
	struct cmsghdr *h;
	size_t n;

	*nr = 0;
	for (h = CMSG_FIRSTHDR(msg); h; h = CMSG_NXTHDR(msg, h)) {
		if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_PIDFD)
			close_pidfd(h);
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(got, CMSG_DATA(h), n * sizeof(int));
		fits = fits && n <= room - *nr;
		if (!fits) {
			close_all(got, n);
			continue;
		}
		memcpy(fds + *nr, got, n * sizeof(int));
		*nr += n;
	}
	if (!fits) {
		close_all(fds, *nr);
		*nr = 0;
	}
	return fits;
}

ssize_t xdl_socket_receive(int fd, void *data, size_t len, int *fds,
			   size_t *nr_fds, int flags)
{
	struct iovec iov = { data, len };
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	size_t room = *nr_fds;
	ssize_t n;

	*nr_fds = 0;
	/* a reset is told once, and before the datagrams that came before it */
	do
		n = recvmsg(fd, &msg, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == ECONNRESET);
	if (n < 0)
		return -errno;
	if (!take_fds(&msg, fds, room, nr_fds))
		return -EMSGSIZE;
	if (msg.msg_flags & MSG_TRUNC) {
		close_all(fds, *nr_fds);
		*nr_fds = 0;
		return -EMSGSIZE;
	}
	return n;
}

int xdl_socket_await(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = poll(&p, 1, timeout_ms);

	return n < 0 ? -errno : n ? 0 : -ETIMEDOUT;
}
