// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel-frames SOCKET MOST: takes frames of GStreamer's unixfdsink, as unixfdsrc does,
 * but keeps the first one mapped after it has released it: the producer draws a later
 * frame into the same memory, which is seen without another MAP.  Ends then, or after
 * MOST frames.
 *
 * What the two say to each other: a type and the length of what follows, each of 32
 * bits.  A frame begins with its 64-bit number, which its release repeats.
 */
#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

/* newer than some distributions' headers */
#ifndef DMA_BUF_MAGIC
#define DMA_BUF_MAGIC 0x444d4142
#endif

enum { FRAME = 0, RELEASE = 1 };

struct head {
	uint32_t type, len;
};

struct message {
	struct head head;
	char body[8192];
	int fd; /* the frame's, or -1 */
};

static int fail(const char *what)
{
	fprintf(stderr, "channel-frames: %s: %s\n", what, strerror(errno));
	return 1;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) ? -1
									 : fd;
}

/* The descriptor comes with the first byte */
static bool receive_head(int socket, struct message *m)
{
	struct iovec iov = { &m->head, sizeof(m->head) };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *h;

	m->fd = -1;
	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC | MSG_WAITALL) !=
	    sizeof(m->head))
		return false;
	h = CMSG_FIRSTHDR(&msg);
	if (h && h->cmsg_type == SCM_RIGHTS)
		memcpy(&m->fd, CMSG_DATA(h), sizeof(m->fd));
	return true;
}

static bool receive(int socket, struct message *m)
{
	return receive_head(socket, m) && m->head.len <= sizeof(m->body) &&
	       (!m->head.len || recv(socket, m->body, m->head.len,
				     MSG_WAITALL) == (ssize_t)m->head.len);
}

static bool next_frame(int socket, struct message *m)
{
	do
		if (!receive(socket, m))
			return false;
	while (m->head.type != FRAME);
	return m->fd >= 0 && m->head.len >= sizeof(uint64_t);
}

static bool release(int socket, const struct message *frame)
{
	struct {
		struct head head;
		char id[sizeof(uint64_t)];
	} m = { .head = { RELEASE, sizeof(uint64_t) } };

	memcpy(m.id, frame->body, sizeof(m.id));
	close(frame->fd);
	return send(socket, &m, sizeof(m), MSG_NOSIGNAL) == sizeof(m);
}

static const char *kind_of(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == DMA_BUF_MAGIC ? "dma-buf"
							       : "other file";
}

int main(int argc, char **argv)
{
	unsigned int most = argc == 3 ? (unsigned int)atoi(argv[2]) : 0, i;
	const uint8_t *held;
	struct message m;
	uint8_t *copy;
	size_t size;
	int socket;

	if (!most)
		return 2;
	socket = connect_to(argv[1]);
	if (socket < 0 || !next_frame(socket, &m))
		return fail("no frame");
	size = (size_t)lseek(m.fd, 0, SEEK_END);
	held = mmap(NULL, size, PROT_READ, MAP_SHARED, m.fd, 0);
	copy = malloc(size);
	if (held == MAP_FAILED || !copy)
		return fail("mmap");
	memcpy(copy, held, size);
	printf("%s mapped\n", kind_of(m.fd));
	for (i = 0; i < most; i++) {
		if (!release(socket, &m) || !next_frame(socket, &m))
			return fail("no further frame");
		if (!memcmp(copy, held, size))
			continue;
		printf("changed\n");
		return 0;
	}
	printf("unchanged\n");
	return 1;
}
