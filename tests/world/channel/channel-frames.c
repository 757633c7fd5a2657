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
#include <sys/vfs.h>
#include <unistd.h>

#include "fd-message.h"

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

/* The descriptor comes with the first byte */
static bool receive(int socket, struct message *m)
{
	return fd_message_receive(socket, &m->head, sizeof(m->head),
				  MSG_WAITALL, &m->fd) == sizeof(m->head) &&
	       m->head.len <= sizeof(m->body) &&
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
	socket = fd_message_connect(argv[1]);
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
