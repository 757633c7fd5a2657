// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ask.h"
#include "common/controls.h"
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
		return (int)n;
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
	int fd = xdc_unix_connect_wait(path, SOCK_SEQPACKET, timeout_ms), err;
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
	ssize_t n;

	while ((n = pread(file, text, sizeof(text), at)) > 0) {
		/* the next block begins with it: U+0080 to U+009F begin so */
		if (n > 1 && (unsigned char)text[n - 1] == 0xc2)
			n--;
		xdc_controls_hide(text, (size_t)n, "\n\t");
		if (fwrite(text, 1, (size_t)n, out) != (size_t)n)
			return errno ? -errno : -EIO;
		at += n;
	}
	return n < 0 || fflush(out) ? -errno : 0;
}

static int report_failure(const struct xdc_asker *asker, const char *what,
			  const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", asker->program, what, why);
	return 1;
}

static int report_refusal(const struct xdc_asker *asker, const char *path,
			  int err)
{
	if (err == -EPIPE)
		return report_failure(asker, path, "closed without an answer");
	report_failure(asker, path, strerror(-err));
	if (err != -ETIMEDOUT)
		fprintf(stderr, "%s\n", asker->hint);
	return 1;
}

/* "error: TEXT", or for programs "error NUMBER TEXT" */
static const char *text_of_error(const char *line)
{
	const char *error = "error";

	if (strncmp(line, error, strlen(error)))
		return "unexpected answer";
	return line + strlen(error) +
	       strspn(line + strlen(error), ": 0123456789");
}

int xdc_ask_or_report(const struct xdc_asker *asker, const char *path,
		      const char *request, char *line, size_t size, int *file)
{
	int err = xdc_ask(path, request, asker->timeout_ms, line, size, file);

	if (err)
		return report_refusal(asker, path, err);
	xdc_controls_hide(line, strlen(line), "");
	if (!strcmp(line, "ok") || !strncmp(line, "ok ", 3))
		return 0;
	if (*file >= 0)
		close(*file);
	return report_failure(asker, path, text_of_error(line));
}

int xdc_ask_status(const struct xdc_asker *asker, const char *path, bool json,
		   FILE *out)
{
	char line[256];
	int file, err,
		ret = xdc_ask_or_report(asker, path,
					json ? "status json" : "status", line,
					sizeof(line), &file);

	if (ret)
		return ret;
	if (file < 0)
		return report_failure(asker, path, "unexpected answer");
	err = xdc_ask_print(file, out);
	close(file);
	if (err)
		return report_failure(asker, "writing the status",
				      strerror(-err));
	if (json)
		fputc('\n', out);
	return 0;
}
