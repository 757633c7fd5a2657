// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "wire/socket.h"

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(XWL_FDS_MAX * sizeof(int))];
};

ssize_t xwl_socket_send(int fd, const void *data, size_t len, const int *fds,
			unsigned int nr_fds)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;
	struct cmsghdr *c;
	ssize_t n;

	if (nr_fds) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nr_fds * sizeof(int));
	}
	do
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* All of them, also where one is too many: none must be lost open */
static int keep_fds(struct msghdr *msg, struct xwl_fds *fds)
{
	struct cmsghdr *c;
	size_t i, nr;
	int err = 0, fd;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < nr; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (xwl_fds_push(fds, fd))
				err = -EMFILE;
		}
	}
	return msg->msg_flags & MSG_CTRUNC ? -EMFILE : err;
}

ssize_t xwl_socket_receive(int fd, void *data, size_t len, struct xwl_fds *fds)
{
	struct iovec iov = { .iov_base = data, .iov_len = len };
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	bool reset = false, again;
	ssize_t n;
	int err;

	do {
		n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		/* it has closed without reading all: what it said last comes next */
		again = n < 0 && errno == ECONNRESET && !reset;
		reset = reset || again;
	} while (again || (n < 0 && errno == EINTR));
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	err = keep_fds(&msg, fds);
	if (!err && msg.msg_flags & MSG_TRUNC)
		err = -EMSGSIZE;
	return err ? err : n;
}
