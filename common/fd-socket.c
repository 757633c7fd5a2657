// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd-socket.h"

/*
 * Bytes that are received one by one in search of descriptors.  What is longer is
 * delivered in two parts, and some programs expect what was written at once to be
 * there at once, as GStreamer's unixfdsrc does of caps, which can have kilobytes.
 */
#define STEPS_MAX 4096
/*
 * Bytes for what comes beside descriptors if a program has kept its own descriptor of
 * this socket and set SO_PASSCRED, SO_PASSPIDFD, SO_PASSSEC or SO_TIMESTAMP
 */
#define EXTRAS_MAX 512

/* Linux 6.5; headers may be older */
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

/* Linux 6.16 */
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

union fd_space {
	struct cmsghdr header;
	char space[CMSG_SPACE(XDC_SOCKET_FDS * sizeof(int)) + EXTRAS_MAX];
};

void xdc_close_all(int *fds, unsigned int *nr)
{
	unsigned int i;

	for (i = 0; i < *nr; i++)
		close(fds[i]);
	*nr = 0;
}

static void take_fd(struct msghdr *msg, int fd, int *fds, unsigned int *nr)
{
	if (*nr < XDC_SOCKET_FDS) {
		fds[(*nr)++] = fd;
		return;
	}
	close(fd);
	msg->msg_flags |= MSG_CTRUNC;
}

static void take_fds(struct msghdr *msg, int *fds, unsigned int *nr)
{
	struct cmsghdr *h;
	size_t at;
	int fd;

	for (h = CMSG_FIRSTHDR(msg); h; h = CMSG_NXTHDR(msg, h)) {
		if (h->cmsg_level != SOL_SOCKET ||
		    (h->cmsg_type != SCM_RIGHTS && h->cmsg_type != SCM_PIDFD))
			continue;
		for (at = CMSG_LEN(0); at < h->cmsg_len; at += sizeof(fd)) {
			memcpy(&fd, (char *)h + at, sizeof(fd));
			if (h->cmsg_type == SCM_RIGHTS)
				take_fd(msg, fd, fds, nr);
			else if (fd >= 0)
				close(fd); /* nothing here has asked for it */
		}
	}
}

/* A reset is told once, and before the datagrams that came before it */
static ssize_t receive_some(int fd, struct msghdr *msg, int flags)
{
	ssize_t n;

	do
		n = recvmsg(fd, msg, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return n;
}

/* @cut: there was more than there is room for */
static ssize_t receive_message(int fd, void *data, size_t max, int flags,
			       int *fds, unsigned int *nr_fds, bool *cut)
{
	union fd_space control;
	struct iovec iov = { data, max };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = receive_some(fd, &msg, flags);

	*nr_fds = 0;
	if (n < 0)
		return n;
	take_fds(&msg, fds, nr_fds);
	*cut = msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
	return n;
}

void xdc_socket_refuse_fds(int fd)
{
	const int off = 0;

	setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off));
}

ssize_t xdc_socket_receive_data(int fd, void *data, size_t max)
{
	struct iovec iov = { data, max };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = receive_some(fd, &msg, 0);

	return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

ssize_t xdc_socket_receive(int fd, void *data, size_t max, int *fds,
			   unsigned int *nr_fds)
{
	bool cut = false;
	ssize_t n = receive_message(fd, data, max, 0, fds, nr_fds, &cut);

	if (!cut)
		return n;
	xdc_close_all(fds, nr_fds);
	return -EMSGSIZE;
}

/*
 * How many bytes can be received at once.  If @has_fds is set, the last of them is
 * that of a message with descriptors, or a later byte is.
 */
static ssize_t look_ahead(int fd, void *data, size_t max, bool *has_fds)
{
	int fds[XDC_SOCKET_FDS];
	unsigned int nr;
	bool cut = false;
	ssize_t n = receive_message(fd, data, max, MSG_PEEK, fds, &nr, &cut);

	*has_fds = nr || cut;
	/* they come again with their byte */
	xdc_close_all(fds, &nr);
	return n;
}

ssize_t xdc_socket_receive_stream(int fd, void *data, size_t max, int *fds,
				  unsigned int *nr_fds, size_t *fds_at)
{
	uint8_t *bytes = data;
	ssize_t ahead, n, got = 0;
	bool has_fds;

	*nr_fds = 0;
	*fds_at = 0;
	ahead = look_ahead(fd, data, max, &has_fds);
	if (ahead <= 0)
		return ahead;
	if (!has_fds)
		return xdc_socket_receive(fd, data, (size_t)ahead, fds, nr_fds);
	/* the byte with the descriptors is among these: take one at a time */
	while (!*nr_fds && got < ahead && got < STEPS_MAX) {
		n = xdc_socket_receive(fd, bytes + got, 1, fds, nr_fds);
		if (n <= 0)
			return got && (!n || n == -EAGAIN) ? got : n;
		*fds_at = (size_t)got;
		got += n;
	}
	if (!*nr_fds || got == ahead)
		return got;
	/* and the rest of their message */
	n = recv(fd, bytes + got, (size_t)(ahead - got), MSG_DONTWAIT);
	return n > 0 ? got + n : got;
}

bool xdc_socket_ended(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };
	int waiting;

	/* behind an empty datagram others may wait, although the writer is gone */
	return poll(&p, 1, 0) == 1 &&
	       p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL) &&
	       (ioctl(fd, SIOCINQ, &waiting) || !waiting);
}

ssize_t xdc_socket_send(int fd, const void *data, size_t len, const int *fds,
			unsigned int nr_fds)
{
	union fd_space control;
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *h;
	ssize_t n;

	if (nr_fds) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		h = CMSG_FIRSTHDR(&msg);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		memcpy(CMSG_DATA(h), fds, nr_fds * sizeof(int));
	}
	do
		n = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return n;
}
