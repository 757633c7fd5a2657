// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel-many [--hold] PEER SERVICE CHANNELS BUFFERS PAGES: opens channels until one is refused,
 * CHANNELS at most, and sends memory through them in turn, BUFFERS times so many pages.
 * Tells how many channels there are, and how many pieces of memory the other end has as
 * dma-bufs at the same time; then what ends it.  --hold: and keeps them all until it is
 * killed.
 *
 * channel-many --keep: keeps all that comes, and tells what it is.  The channel is its
 * standard input.
 */
#include <errno.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <xendmabuf-channel.h>

#include "fd-message.h"

#define CHANNELS_MAX 1024
#define PATIENCE 60000 /* ms */
#define PAGE 4096

/* newer than some distributions' headers */
#ifndef DMA_BUF_MAGIC
#define DMA_BUF_MAGIC 0x444d4142
#endif

static struct xendmabuf_channel *channels[CHANNELS_MAX];

/* The answer's first letter; 0: the channel is closed, or nothing comes */
static char hear(struct xendmabuf_channel *ch)
{
	struct pollfd p = { .fd = xendmabuf_channel_fd(ch), .events = POLLIN };
	char text[16];

	if (poll(&p, 1, PATIENCE) != 1 ||
	    xendmabuf_channel_recv(ch, text, sizeof(text), NULL, NULL, 0) <= 0)
		return 0;
	return text[0];
}

/* A channel whose other end answers is open; one that is refused may be so only then */
static int open_channels(const char *peer, const char *service, int max)
{
	int nr, err;

	for (nr = 0; nr < max; nr++) {
		err = xendmabuf_channel_connect(peer, service, 0,
						&channels[nr]);
		if (err) {
			printf("%d channels: %s\n", nr, strerror(-err));
			return nr;
		}
		if (xendmabuf_channel_send(channels[nr], "?", 1, NULL, 0, 0) !=
			    1 ||
		    hear(channels[nr]) != 'n') {
			printf("%d channels: closed\n", nr);
			return nr;
		}
	}
	printf("%d channels\n", nr);
	return nr;
}

/* What the other end says of it; 0: the channel was closed */
static char send_memory(struct xendmabuf_channel *ch, int pages)
{
	int fd = memfd_create("many", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char said = 0;

	if (fd >= 0 && !ftruncate(fd, (off_t)pages * PAGE) &&
	    xendmabuf_channel_send(ch, "m", 1, &fd, 1, 0) == 1)
		said = hear(ch);
	if (fd >= 0)
		close(fd);
	return said;
}

static void send_all(int nr_channels, int buffers, int pages)
{
	int i;
	char said = 'd';

	for (i = 0; i < buffers && said == 'd'; i++)
		said = send_memory(channels[i % nr_channels], pages);
	if (said == 'd')
		printf("%d buffers\n", i);
	else
		printf("%d buffers: %s\n", i - 1, said ? "copied" : "closed");
}

static int keep(void)
{
	char byte[16];
	ssize_t n;
	int fd;

	while ((n = fd_message_receive(STDIN_FILENO, byte, sizeof(byte), 0,
				       &fd)) > 0) {
		struct statfs fs = { 0 };
		const char *what = "nothing";

		if (fd >= 0 && !fstatfs(fd, &fs))
			what = fs.f_type == DMA_BUF_MAGIC ? "dma-buf" : "copy";
		if (fd_message_send(STDIN_FILENO, what, strlen(what), -1) < 0)
			break;
	}
	return 0;
}

int main(int argc, char **argv)
{
	bool hold = argc == 7 && !strcmp(argv[1], "--hold");
	int nr, max;

	if (argc == 2 && !strcmp(argv[1], "--keep"))
		return keep();
	argv += hold;
	max = argc - hold == 6 ? atoi(argv[3]) : 0;
	if (max < 1 || max > CHANNELS_MAX)
		return 2;
	nr = open_channels(argv[1], argv[2], max);
	if (nr)
		send_all(nr, atoi(argv[4]), atoi(argv[5]));
	fflush(stdout);
	while (hold)
		pause();
	return 0;
}
