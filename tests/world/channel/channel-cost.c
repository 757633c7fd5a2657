// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel-cost message WAY NUMBER: 64 bytes there and back.
 * channel-cost bytes WAY NUMBER: so many times a MiB, each acknowledged.
 * channel-cost copy WAY NUMBER BYTES: a picture's bytes, each acknowledged.
 * channel-cost frame PEER SERVICE NUMBER BYTES: the same dma-buf, each time acknowledged.
 * channel-cost idle SECONDS: nothing.
 * WAY is a channel, PEER:SERVICE; or libxenvchan's, by the path that its other end has in
 * xenstore, DOMID:PATH; or another program's socket, unix:PATH.
 *
 * channel-cost --serve: the other end of a channel; it is the standard input and output.
 * channel-cost --serve-vchan PATH: libxenvchan's, for domain 0.
 * channel-cost --serve-unix PATH: another program's, for one client after the other.
 * channel-cost --frames: the other end for pictures.
 *
 * Prints how many there were, and their nanoseconds.  Marks the time for bench/count.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <libxenvchan.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xendmabuf-channel.h>
#include <xendmabuf.h>

#include "bench/mark.h"
#include "common/unix-socket.h"
#include "fd-message.h"

#define MESSAGE 64U
#define MIB (1U << 20)
/* As much as a channel has in each direction */
#define RING 65536U
#define WARM 8 /* that are not measured; fewer where there are fewer */

/* What comes before the bytes, and how much is wanted back */
struct request {
	uint32_t len, back;
};

/* One of the two */
struct way {
	int in, out;
	struct libxenvchan *vchan;
};

static uint8_t bytes[32U << 20];

static int fail(const char *what)
{
	fprintf(stderr, "channel-cost: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool give(const struct way *w, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len; p += n, len -= (size_t)n) {
		/* it takes what there is room for */
		n = w->vchan ? libxenvchan_write(w->vchan, p, len)
			     : write(w->out, p, len);
		if (n <= 0)
			return false;
	}
	return true;
}

static bool take(const struct way *w, void *data, size_t len)
{
	char *p = data;
	ssize_t n;

	for (; len; p += n, len -= (size_t)n) {
		n = w->vchan ? libxenvchan_read(w->vchan, p, len)
			     : read(w->in, p, len);
		if (n <= 0)
			return false;
	}
	return true;
}

/* ---- the other end ---- */

static int serve(const struct way *w)
{
	struct request r;

	while (take(w, &r, sizeof(r)) && r.len <= sizeof(bytes) &&
	       r.back <= sizeof(bytes) && take(w, bytes, r.len) &&
	       give(w, bytes, r.back))
		;
	return 0;
}

static int serve_vchan(const char *path)
{
	struct way w = { .vchan = libxenvchan_server_init(NULL, 0, path, RING,
							  RING) };

	if (!w.vchan)
		return fail(path);
	w.vchan->blocking = 1;
	serve(&w);
	libxenvchan_close(w.vchan);
	return 0;
}

/* Sockets are made so that they do not block */
static int let_block(int fd)
{
	int flags = fd < 0 ? fd : fcntl(fd, F_GETFL);

	return flags < 0 ? flags : fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

static int serve_unix(const char *path)
{
	int listener = xdc_unix_listen(path, SOCK_STREAM, 0600);
	struct way w = { .vchan = NULL };

	if (let_block(listener)) {
		errno = listener < 0 ? -listener : errno;
		return fail(path);
	}
	for (;;) {
		w.in = w.out = accept(listener, NULL, NULL);
		if (w.in < 0)
			return fail(path);
		serve(&w);
		close(w.in);
	}
}

static int serve_frames(void)
{
	char byte;
	int fd;

	while (fd_message_receive(STDIN_FILENO, &byte, 1, 0, &fd) == 1) {
		if (fd >= 0)
			close(fd);
		if (fd_message_send(STDIN_FILENO, &byte, 1, -1) != 1)
			break;
	}
	return 0;
}

/* ---- this end ---- */

static int open_unix(struct way *w, const char *path)
{
	int fd = xdc_unix_connect(path, SOCK_STREAM);

	if (fd < 0)
		return fd;
	w->in = w->out = fd;
	return let_block(fd) ? -errno : 0;
}

/* Each is PLACE:NAME; one whose place is a number is libxenvchan's */
static int open_way(struct way *w, char *text)
{
	char *name = strchr(text, ':'), *end;
	struct xendmabuf_channel *ch;
	long domid = strtol(text, &end, 10);
	int err;

	if (!name)
		return -EINVAL;
	*name++ = '\0';
	memset(w, 0, sizeof(*w));
	if (!*end) {
		w->vchan = libxenvchan_client_init(NULL, (int)domid, name);
		if (!w->vchan)
			return -errno;
		w->vchan->blocking = 1;
		return 0;
	}
	if (!strcmp(text, "unix"))
		return open_unix(w, name);
	err = xendmabuf_channel_connect(text, name, 0, &ch);
	if (!err)
		w->in = w->out = xendmabuf_channel_fd(ch);
	return err;
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What is measured, once */
struct work {
	bool (*once)(const struct work *work);
	struct way way;
	struct request request;
	struct xendmabuf_channel *ch;
	int dmabuf;
};

static bool ask(const struct work *work)
{
	const struct request *r = &work->request;

	/* the request is the beginning of what is sent */
	memcpy(bytes, r, sizeof(*r));
	return give(&work->way, bytes, sizeof(*r) + r->len) &&
	       take(&work->way, bytes, r->back);
}

static bool show(const struct work *work)
{
	char byte = 'f';

	return xendmabuf_channel_send(work->ch, &byte, 1, &work->dmabuf, 1,
				      0) == 1 &&
	       xendmabuf_channel_recv(work->ch, &byte, 1, NULL, NULL, 0) == 1;
}

static int measure(const struct work *work, int number)
{
	uint64_t begin;
	int i;

	for (i = 0; i < (number < WARM ? 1 : WARM); i++)
		if (!work->once(work))
			return fail("the other end");
	begin = clock_ns();
	mark(MARK_OTHER);
	for (i = 0; i < number; i++)
		if (!work->once(work))
			return fail("the other end");
	mark(MARK_END);
	printf("%d %llu\n", number, (unsigned long long)(clock_ns() - begin));
	return 0;
}

static int measure_bytes(char *way, int number, uint32_t len, uint32_t back)
{
	struct work work = { .once = ask,
			     .request = { .len = len - sizeof(struct request),
					  .back = back } };
	int err = open_way(&work.way, way);

	if (err) {
		errno = -err;
		return fail(way);
	}
	return measure(&work, number);
}

static int measure_frames(const char *peer, const char *service, int number,
			  uint32_t len)
{
	struct work work = { .once = show };
	int err = xendmabuf_channel_connect(peer, service, 0, &work.ch);

	if (!err)
		err = xendmabuf_alloc((len + XENDMABUF_PAGE_SIZE - 1) /
					      XENDMABUF_PAGE_SIZE *
					      XENDMABUF_PAGE_SIZE,
				      XENDMABUF_ALLOC_ANY, &work.dmabuf);
	if (err) {
		errno = -err;
		return fail(service);
	}
	return measure(&work, number);
}

/* What the machine does anyway */
static int measure_idle(unsigned int seconds)
{
	uint64_t begin = clock_ns();

	mark(MARK_OTHER);
	while (seconds)
		seconds = sleep(seconds);
	mark(MARK_END);
	printf("1 %llu\n", (unsigned long long)(clock_ns() - begin));
	return 0;
}

int main(int argc, char **argv)
{
	struct way own = { .in = STDIN_FILENO, .out = STDOUT_FILENO };
	const char *what = argc > 1 ? argv[1] : "";
	int number = argc > 3 ? atoi(argv[3]) : 0;

	if (!strcmp(what, "--serve"))
		return serve(&own);
	if (!strcmp(what, "--serve-vchan") && argc == 3)
		return serve_vchan(argv[2]);
	if (!strcmp(what, "--serve-unix") && argc == 3)
		return serve_unix(argv[2]);
	if (!strcmp(what, "--frames"))
		return serve_frames();
	if (!strcmp(what, "idle") && argc == 3)
		return measure_idle((unsigned int)atoi(argv[2]));
	if (!strcmp(what, "message") && argc == 4)
		return measure_bytes(argv[2], number, MESSAGE, MESSAGE);
	if (!strcmp(what, "bytes") && argc == 4)
		return measure_bytes(argv[2], number, MIB, 1);
	if (!strcmp(what, "copy") && argc == 5)
		return measure_bytes(argv[2], number, (uint32_t)atoi(argv[4]),
				     1);
	if (!strcmp(what, "frame") && argc == 6)
		return measure_frames(argv[2], argv[3], atoi(argv[4]),
				      (uint32_t)atoi(argv[5]));
	return 2;
}
