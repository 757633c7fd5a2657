// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/pipe.h"

/* what fits into a pipe on every kernel, also if its user has many */
#define PIECE 4096U

static int own[2] = { -1, -1 };

int xch_pipe_prepare(void)
{
	if (own[0] >= 0)
		return 0;
	return pipe2(own, O_CLOEXEC | O_NONBLOCK) ? -errno : 0;
}

bool xch_pipe_is(int fd, bool *writes)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISFIFO(st.st_mode))
		return false;
	*writes = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
	return true;
}

static ssize_t move_bytes(int from, int to, size_t len)
{
	ssize_t n;

	do
		n = splice(from, NULL, to, NULL, len, SPLICE_F_NONBLOCK);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Our own pipe is empty between calls */
static void empty_own(size_t len)
{
	char dropped[PIECE];

	while (len) {
		ssize_t n = read(own[0], dropped,
				 len < sizeof(dropped) ? len : sizeof(dropped));

		if (n <= 0)
			return;
		len -= (size_t)n;
	}
}

ssize_t xch_pipe_read(int fd, void *data, size_t max)
{
	ssize_t n = move_bytes(fd, own[1], max < PIECE ? max : PIECE);

	return n <= 0 ? n : read(own[0], data, (size_t)n);
}

ssize_t xch_pipe_write(int fd, const void *data, size_t len)
{
	ssize_t in = write(own[1], data, len < PIECE ? len : PIECE), out;

	if (in < 0)
		return -errno;
	out = move_bytes(own[0], fd, (size_t)in);
	if (out < in)
		empty_own((size_t)(in - (out < 0 ? 0 : out)));
	return out;
}
