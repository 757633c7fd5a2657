// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "link/made.h"

struct sum {
	uint64_t nr, bytes;
};

int xch_made_init(struct xch_made *made)
{
	char path[64];
	int err;

	made->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (made->epoll < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", made->epoll);
	made->list = open(path, O_RDONLY | O_CLOEXEC);
	if (made->list >= 0)
		return 0;
	err = -errno;
	close(made->epoll);
	return err;
}

/* Returns how many bytes are left of a line that has not ended */
static size_t add_lines(char *text, size_t len, struct sum *sum)
{
	char *line = text, *end;
	uint64_t bytes;

	while ((end = memchr(line, '\n', len))) {
		*end = '\0';
		if (sscanf(line, "tfd: %*d events: %*x data: %" SCNx64,
			   &bytes) == 1) {
			sum->nr++;
			sum->bytes += bytes;
		}
		len -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	memmove(text, line, len);
	return len;
}

static int add_up(const struct xch_made *made, struct sum *sum)
{
	char text[4096];
	size_t len = 0;
	off_t at = 0;
	ssize_t n;

	/* from its beginning the file tells of now */
	while ((n = pread(made->list, text + len, sizeof(text) - len, at)) >
	       0) {
		at += n;
		len = add_lines(text, len + (size_t)n, sum);
	}
	return n < 0 ? -errno : 0;
}

int xch_made_room(const struct xch_made *made, uint64_t bytes, uint32_t max,
		  uint64_t max_bytes)
{
	struct sum sum = { 0 };
	int err = add_up(made, &sum);

	if (err)
		return err;
	if (sum.nr >= max || sum.bytes > max_bytes ||
	    bytes > max_bytes - sum.bytes)
		return -EDQUOT;
	return 0;
}

/* No event is wanted: Linux would wait for the fences of a dma-buf, and keep it */
int xch_made_add(const struct xch_made *made, int dmabuf, uint64_t bytes)
{
	struct epoll_event none = { .data.u64 = bytes };

	return epoll_ctl(made->epoll, EPOLL_CTL_ADD, dmabuf, &none) ? -errno
								    : 0;
}
