// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "common/fd-socket.h"
#include "common/unix-socket.h"
#include "lib/channel/wire.h"

#define PATIENCE 20000 /* ms */

static int report_error(const char *what, const char *why)
{
	fprintf(stderr, "xen-channeld: %s: %s\n", what, why);
	return 1;
}

static int connect_daemon(const char *path)
{
	int fd = xdc_unix_connect(path, SOCK_SEQPACKET);

	if (fd >= 0)
		return fd;
	report_error(path, strerror(-fd));
	fprintf(stderr,
		"Is the daemon running? Try: systemctl status xen-channeld\n");
	return fd;
}

/* The answer's length, and the file that came with it */
static ssize_t ask(int fd, const char *request, char *line, int *file)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int fds[XDC_SOCKET_FDS];
	unsigned int nr_fds;
	ssize_t n;

	n = xdc_socket_send(fd, request, strlen(request), NULL, 0);
	if (n < 0)
		return n;
	if (poll(&p, 1, PATIENCE) != 1)
		return -ETIMEDOUT;
	n = xdc_socket_receive(fd, line, XCW_LINE_MAX - 1, fds, &nr_fds);
	if (n < 0)
		return n;
	line[n] = '\0';
	*file = -1;
	if (nr_fds == 1)
		*file = fds[0];
	else
		xdc_close_all(fds, &nr_fds);
	return n;
}

/* The error's number is for programs */
static const char *skip_number(const char *text)
{
	return text + strspn(text, "0123456789 ");
}

static int print_file(int file, FILE *out)
{
	char text[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(file, text, sizeof(text), at)) > 0) {
		if (fwrite(text, 1, (size_t)n, out) != (size_t)n)
			break;
		at += n;
	}
	if (fflush(out) || n)
		return report_error("writing the status", strerror(errno));
	return 0;
}

int xch_client_status(const char *path, bool json, FILE *out)
{
	char line[XCW_LINE_MAX];
	int fd = connect_daemon(path), file = -1, ret;
	ssize_t n;

	if (fd < 0)
		return 1;
	n = ask(fd, json ? "status json" : "status", line, &file);
	close(fd);
	if (n < 0)
		return report_error(path, strerror((int)-n));
	if (file < 0 || strcmp(line, "ok")) {
		if (file >= 0)
			close(file);
		if (!strncmp(line, "error ", 6))
			return report_error("status", skip_number(line + 6));
		return report_error(path, n ? "unexpected answer"
					    : "closed without an answer");
	}
	ret = print_file(file, out);
	close(file);
	if (json && !ret)
		fputc('\n', out);
	return ret;
}
