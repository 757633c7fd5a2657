// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers and fences that cross domains: those of vgem, a stock driver whose fences
 * signal when a program says so, and fail after ten seconds.
 *
 * channel-buffer HOW PEER SERVICE: sends what has a fence to channel-buffer --answer, and
 * tells what is seen at this end:
 *	writer	a dma-buf that is written to; the message waits
 *	fail	the same, and the fence never signals
 *	sync	a sync_file; the message waits
 *	late	a sync_file; the message does not wait
 *	reader	a dma-buf, to channel-buffer --read: it is not returned while it is read
 *	part	a part of a memfd, which the daemon makes a dma-buf of
 *	recall	a dma-buf, to channel-buffer --keep, which does not let go of it
 *	large	dma-bufs of 4K pictures, one by one, beside short messages
 *	churn	new dma-bufs one after the other, until the channel ends
 *
 * channel-buffer --answer: tells whether what has come is ready.
 * channel-buffer --keep: maps what has come, and tells what it reads at the end.
 * channel-buffer --read: reads what has come for a while, by a fence of vgem's.
 * The channel is the standard input of these.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xendmabuf-channel.h>
#include <xendmabuf.h>
#include <xf86drm.h>

#include "card.h"
#include "fd-message.h"
#include "vgem.h"

/* ms: less than channel-talk has, which may carry the output */
#define PATIENCE 40000
#define HELD 2000 /* ms that a fence is pending */
#define LARGE_PAGES 8100U /* 3840x2160 XRGB8888 */

static int fail(const char *what, int err)
{
	printf("%s: %s\n", what, strerror(err < 0 ? -err : errno));
	return 1;
}

static bool is_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 && p.revents & POLLIN;
}

static bool send_text(struct xendmabuf_channel *ch, const char *text,
		      const int *fd)
{
	return xendmabuf_channel_send(ch, text, strlen(text), fd, !!fd, 0) ==
	       (ssize_t)strlen(text);
}

/* Prints the other program's next message; false: there is none */
static bool hear(struct xendmabuf_channel *ch)
{
	char text[128];
	ssize_t n;

	if (!is_readable(xendmabuf_channel_fd(ch), PATIENCE))
		return false;
	n = xendmabuf_channel_recv(ch, text, sizeof(text), NULL, NULL, 0);
	if (n > 0)
		printf("%.*s\n", (int)n, text);
	return n > 0;
}

/* @what: a dma-buf or a sync_file that waits for @w, and a message after it */
static int send_and_signal(struct xendmabuf_channel *ch,
			   const struct vgem_work *w, int what)
{
	int fd = xendmabuf_channel_fd(ch);

	printf("fence %s\n", is_readable(what, 0) ? "signalled" : "pending");
	if (!send_text(ch, "it", &what) || !send_text(ch, "later", NULL))
		return fail("send", 0);
	printf("message %s\n", is_readable(fd, HELD) ? "arrives" : "waits");
	if (vgem_end(w->card, w->fence))
		return fail("signal", 0);
	return hear(ch) && hear(ch) ? 0 : fail("no answer", 0);
}

static int run_writer(struct xendmabuf_channel *ch)
{
	struct vgem_work w;
	int err = vgem_begin_work(&w);

	return err ? fail("vgem", err) : send_and_signal(ch, &w, w.dmabuf);
}

static int run_sync(struct xendmabuf_channel *ch)
{
	struct vgem_work w;
	int err = vgem_begin_work(&w), sync;

	if (err)
		return fail("vgem", err);
	sync = vgem_sync_file(w.dmabuf);
	return sync < 0 ? fail("export", sync) : send_and_signal(ch, &w, sync);
}

static int run_fail(struct xendmabuf_channel *ch)
{
	struct xendmabuf_channel_event event;
	struct vgem_work w;
	int err = vgem_begin_work(&w), events = xendmabuf_channel_event_fd(ch);

	if (err || events < 0)
		return fail("vgem", err ? err : events);
	if (!send_text(ch, "it", &w.dmabuf) || !is_readable(events, PATIENCE) ||
	    xendmabuf_channel_event(ch, &event, sizeof(event)))
		return fail("no event", -ETIMEDOUT);
	printf("%s: %s\n",
	       event.type == XENDMABUF_CHANNEL_FAILED ? "channel failed"
						      : "strange event",
	       strerrorname_np(-event.error));
	return 0;
}

/* The other program tells at once that its eventfd waits, and what it reads there */
static int run_late(struct xendmabuf_channel *ch)
{
	struct vgem_work w;
	int err = vgem_begin_work(&w), sync;

	if (err)
		return fail("vgem", err);
	sync = vgem_sync_file(w.dmabuf);
	if (sync < 0)
		return fail("export", sync);
	if (!send_text(ch, "it", &sync) || !hear(ch))
		return fail("no answer", 0);
	if (is_readable(xendmabuf_channel_fd(ch), HELD))
		return fail("signalled too early", -EINVAL);
	if (vgem_end(w.card, w.fence))
		return fail("signal", 0);
	return hear(ch) ? 0 : fail("no answer", 0);
}

static const char *next_event(struct xendmabuf_channel *ch, int events, int ms)
{
	struct xendmabuf_channel_event event;

	if (!is_readable(events, ms))
		return "held";
	if (xendmabuf_channel_event(ch, &event, sizeof(event)))
		return "no event";
	return event.type == XENDMABUF_CHANNEL_RETURNED ? "returned"
							: "strange event";
}

static int run_reader(struct xendmabuf_channel *ch)
{
	int dmabuf, events = xendmabuf_channel_event_fd(ch);
	int err = xendmabuf_alloc(16 * XENDMABUF_PAGE_SIZE, XENDMABUF_ALLOC_ANY,
				  &dmabuf);

	if (err || events < 0)
		return fail("dma-buf", err ? err : events);
	if (!send_text(ch, "it", &dmabuf) || !hear(ch))
		return fail("no answer", 0);
	printf("%s\n", next_event(ch, events, HELD / 2));
	if (!hear(ch))
		return fail("no answer", 0);
	printf("%s\n", next_event(ch, events, PATIENCE));
	return 0;
}

/* A memfd that ends within its last page: behind that there is none */
static int run_part(struct xendmabuf_channel *ch)
{
	int fd = memfd_create("part", MFD_CLOEXEC | MFD_ALLOW_SEALING), dmabuf;
	int err;

	if (fd < 0 || ftruncate(fd, 4 * 4096 + 100) ||
	    pwrite(fd, "b", 1, 4096) != 1)
		return fail("memfd", 0);
	err = xendmabuf_channel_memory(ch, fd, 5 * 4096, 4096, &dmabuf);
	printf("behind: %s\n", err ? strerrorname_np(-err) : "taken");
	err = xendmabuf_channel_memory(ch, fd, 4 * 4096, 4096, &dmabuf);
	printf("last page: %s\n", err ? strerrorname_np(-err) : "taken");
	err = xendmabuf_channel_memory(ch, fd, 4096, 2 * 4096, &dmabuf);
	if (err)
		return fail("memory", err);
	return send_text(ch, "it", &dmabuf) && hear(ch) ? 0 : fail("send", 0);
}

/* It is taken away, though the other program keeps it */
static int run_recall(struct xendmabuf_channel *ch)
{
	struct xendmabuf_channel_event event;
	int dmabuf, events = xendmabuf_channel_event_fd(ch);
	int err = xendmabuf_alloc(16 * XENDMABUF_PAGE_SIZE, XENDMABUF_ALLOC_ANY,
				  &dmabuf);

	if (err || events < 0)
		return fail("dma-buf", err ? err : events);
	if (!send_text(ch, "it", &dmabuf) || !hear(ch))
		return fail("no answer", 0);
	err = xendmabuf_channel_recall(ch, dmabuf, 500);
	if (err)
		return fail("recall", err);
	do {
		if (!is_readable(events, PATIENCE) ||
		    xendmabuf_channel_event(ch, &event, sizeof(event)))
			return fail("no event", -ETIMEDOUT);
	} while (event.type == XENDMABUF_CHANNEL_PINNED);
	printf("%s\n", event.type == XENDMABUF_CHANNEL_RETURNED
			       ? "returned"
			       : "strange event");
	return send_text(ch, "look", NULL) && hear(ch) ? 0 : fail("look", 0);
}

static unsigned int ms_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned int)((now.tv_sec - begin->tv_sec) * 1000 +
			      (now.tv_nsec - begin->tv_nsec) / 1000000);
}

/* ms of a short message's way, there and back; or -1 */
static int ping(struct xendmabuf_channel *echo)
{
	struct timespec begin;
	char byte;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (!send_text(echo, "p", NULL) ||
	    !is_readable(xendmabuf_channel_fd(echo), PATIENCE) ||
	    xendmabuf_channel_recv(echo, &byte, 1, NULL, NULL, 0) != 1)
		return -1;
	return (int)ms_since(&begin);
}

static int send_large(struct xendmabuf_channel *ch,
		      struct xendmabuf_channel *echo, int *longest)
{
	int dmabuf, ms, events = xendmabuf_channel_event_fd(ch);
	int err = xendmabuf_alloc((size_t)LARGE_PAGES * XENDMABUF_PAGE_SIZE,
				  XENDMABUF_ALLOC_ANY, &dmabuf);

	if (err || events < 0)
		return fail("dma-buf", err ? err : events);
	if (!send_text(ch, "it", &dmabuf))
		return fail("send", 0);
	close(dmabuf);
	do {
		ms = ping(echo);
		if (ms < 0)
			return fail("ping", -ETIMEDOUT);
		if (ms > *longest)
			*longest = ms;
	} while (!is_readable(xendmabuf_channel_fd(ch), 0));
	if (!hear(ch))
		return fail("no answer", 0);
	return strcmp(next_event(ch, events, PATIENCE), "returned")
		       ? fail("not returned", -ETIMEDOUT)
		       : 0;
}

static int run_large(struct xendmabuf_channel *ch)
{
	struct xendmabuf_channel_peer peer;
	struct xendmabuf_channel *echo;
	int i, ms, longest = 0, alone = 0, err;

	xendmabuf_channel_peer(ch, &peer, sizeof(peer));
	err = xendmabuf_channel_connect(peer.name, "echo", 0, &echo);
	if (err)
		return fail("echo", err);
	for (i = 0; i < 20; i++) {
		ms = ping(echo);
		if (ms < 0)
			return fail("ping", -ETIMEDOUT);
		alone = ms > alone ? ms : alone;
	}
	for (i = 0; i < 5; i++)
		if (send_large(ch, echo, &longest))
			return 1;
	printf("# a short message takes %d ms at most; beside new buffers of %u pages %d ms\n",
	       alone, LARGE_PAGES, longest);
	return 0;
}

/* "ended" when the other end is gone, and in no other way */
static int run_churn(struct xendmabuf_channel *ch)
{
	char text[128];
	int dmabuf, err;

	for (;;) {
		err = xendmabuf_alloc(64 * XENDMABUF_PAGE_SIZE,
				      XENDMABUF_ALLOC_ANY, &dmabuf);
		if (err)
			return fail("dma-buf", err);
		if (!send_text(ch, "it", &dmabuf) ||
		    xendmabuf_channel_recv(ch, text, sizeof(text), NULL, NULL,
					   0) <= 0)
			break;
		close(dmabuf);
	}
	printf("ended\n");
	return 0;
}

/* ---- the other end, without the library ---- */

static void say(const char *text)
{
	if (send(STDIN_FILENO, text, strlen(text), MSG_NOSIGNAL) < 0)
		_exit(1);
}

/* -1: the end.  0: a message without a descriptor; or the descriptor */
static int receive(void)
{
	char byte[16];
	int fd;

	if (fd_message_receive(STDIN_FILENO, byte, sizeof(byte), 0, &fd) <= 0)
		return -1;
	return fd < 0 ? 0 : fd;
}

static void tell_of_dmabuf(int fd)
{
	const char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	char text[64];

	if (p == MAP_FAILED) {
		say("dma-buf cannot be mapped");
		return;
	}
	snprintf(text, sizeof(text), "dma-buf %s, begins with %02x",
		 is_readable(fd, 0) ? "idle" : "busy", (unsigned char)*p);
	munmap((void *)(uintptr_t)p, 4096);
	say(text);
}

static void tell_of_sync(const struct sync_file_info *info)
{
	say(info->status == 1 ? "sync_file signalled"
			      : "sync_file not signalled");
}

static void tell_of_event(int fd)
{
	char text[64];
	uint64_t value;

	say(is_readable(fd, 0) ? "eventfd ready" : "eventfd waits");
	if (!is_readable(fd, PATIENCE) ||
	    read(fd, &value, sizeof(value)) != sizeof(value))
		return;
	snprintf(text, sizeof(text), "eventfd has %u", (unsigned int)value);
	say(text);
}

static int answer(void)
{
	struct sync_file_info info;
	int fd;

	while ((fd = receive()) >= 0) {
		memset(&info, 0, sizeof(info));
		if (!fd)
			say("later");
		else if (lseek(fd, 0, SEEK_END) > 0)
			tell_of_dmabuf(fd);
		else if (!ioctl(fd, SYNC_IOC_FILE_INFO, &info))
			tell_of_sync(&info);
		else
			tell_of_event(fd);
		if (fd)
			close(fd);
	}
	return 0;
}

static int read_it(void)
{
	int card = card_open("vgem"), fd = receive(), err;
	uint32_t handle, fence = 0;

	if (card < 0 || fd <= 0)
		return 1;
	err = card_import(card, fd, &handle);
	if (!err)
		err = vgem_begin(card, handle, VGEM_READS, &fence);
	if (err) {
		say(strerror(-err));
		return 1;
	}
	/* as drivers of devices do it, the buffer is attached until the work is done */
	close(fd);
	say("reading");
	poll(NULL, 0, HELD);
	if (vgem_end(card, fence) || card_forget(card, handle))
		return 1;
	say("read");
	receive();
	return 0;
}

static sigjmp_buf taken_away;

static void on_bus_error(int number)
{
	siglongjmp(taken_away, 1);
}

static int keep(void)
{
	int fd = receive();
	const volatile char *p =
		fd > 0 ? mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0)
		       : MAP_FAILED;
	char byte;

	if (p == MAP_FAILED)
		return 1;
	signal(SIGBUS, on_bus_error);
	byte = *p;
	say("kept");
	receive();
	if (sigsetjmp(taken_away, 1)) {
		say("SIGBUS");
	} else {
		byte = *p;
		say(byte ? "changed" : "still there");
	}
	receive();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct xendmabuf_channel *ch);
	unsigned int flags;
} modes[] = {
	{ "writer", run_writer, 0 },
	{ "fail", run_fail, 0 },
	{ "sync", run_sync, 0 },
	{ "late", run_late, XENDMABUF_CHANNEL_LATE },
	{ "reader", run_reader, 0 },
	{ "part", run_part, 0 },
	{ "recall", run_recall, 0 },
	{ "large", run_large, 0 },
	{ "churn", run_churn, 0 },
};

int main(int argc, char **argv)
{
	struct xendmabuf_channel *ch;
	size_t i;
	int err;

	if (argc == 2 && !strcmp(argv[1], "--answer"))
		return answer();
	if (argc == 2 && !strcmp(argv[1], "--read"))
		return read_it();
	if (argc == 2 && !strcmp(argv[1], "--keep"))
		return keep();
	for (i = 0; argc == 4 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[1], modes[i].name))
			continue;
		err = xendmabuf_channel_connect(argv[2], argv[3],
						modes[i].flags, &ch);
		if (err)
			return fail("connect", err);
		setbuf(stdout, NULL);
		return modes[i].run(ch);
	}
	return 2;
}
