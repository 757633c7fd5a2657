// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ask.h"
#include "common/fd-socket.h"
#include "common/unix-socket.h"

static int await_answer(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n ? 0 : -ETIMEDOUT;
}

static int receive_answer(int fd, char *line, size_t size, int *file)
{
	int fds[XDC_SOCKET_FDS];
	unsigned int nr_fds;
	ssize_t n = xdc_socket_receive(fd, line, size - 1, fds, &nr_fds);

	if (n < 0)
		return n == -ECONNRESET ? -EPIPE : (int)n;
	line[n] = '\0';
	*file = -1;
	if (nr_fds == 1)
		*file = fds[0];
	else
		xdc_close_all(fds, &nr_fds);
	return n ? 0 : -EPIPE;
}

int xdc_ask(const char *path, const char *request, int timeout_ms, char *line,
	    size_t size, int *file)
{
	int fd = xdc_unix_connect(path, SOCK_SEQPACKET), err;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = xdc_socket_send(fd, request, strlen(request), NULL, 0);
	err = n < 0 ? (int)n : await_answer(fd, timeout_ms);
	if (!err)
		err = receive_answer(fd, line, size, file);
	close(fd);
	return err;
}

int xdc_ask_print(int file, FILE *out)
{
	char text[4096];
	off_t at = 0;
	ssize_t i, n;

	while ((n = pread(file, text, sizeof(text), at)) > 0) {
		for (i = 0; i < n; i++)
			if (((unsigned char)text[i] < ' ' && text[i] != '\n' &&
			     text[i] != '\t') ||
			    text[i] == '\177')
				text[i] = '?';
		if (fwrite(text, 1, (size_t)n, out) != (size_t)n)
			return errno ? -errno : -EIO;
		at += n;
	}
	return n < 0 || fflush(out) ? -errno : 0;
}
