// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "common/fd-socket.h"
#include "common/unix-socket.h"
#include "wire/socket.h"

#define PATIENCE_MS 10000

static int report(const char *path, const char *why)
{
	fprintf(stderr, "xen-wayland: %s: %s\n", path, why);
	return 1;
}

/* The first line of the answer, and the file that came with it; -1: none */
static int ask(const char *path, const char *request, char *line, size_t size,
	       int *file)
{
	int fd = xdc_unix_connect(path, SOCK_STREAM);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct xwl_fds fds = { .nr = 0 };
	ssize_t n;

	if (fd < 0)
		return fd;
	n = xdc_socket_send(fd, request, strlen(request), NULL, 0);
	if (n > 0)
		n = poll(&p, 1, PATIENCE_MS) > 0
			    ? xwl_socket_receive(fd, line, size - 1, &fds)
			    : -ETIMEDOUT;
	close(fd);
	if (n <= 0) {
		xwl_fds_drop(&fds, fds.nr);
		return n ? (int)n : -ECONNRESET;
	}
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	*file = fds.nr ? fds.fd[0] : -1;
	return 0;
}

/* Returns an exit status; 0: the answer was "ok" */
static int ask_or_report(const char *path, const char *request, int *file)
{
	char line[256];
	int err = ask(path, request, line, sizeof(line), file);

	if (err)
		return report(path, strerror(-err));
	if (!strcmp(line, "ok"))
		return 0;
	if (*file >= 0)
		close(*file);
	return report(path, strncmp(line, "error: ", 7) ? "unexpected answer"
							: line + 7);
}

/* A worker that a guest has taken over must not reach the terminal */
static void print_file(int file)
{
	char text[4096];
	off_t at = 0;
	ssize_t i, n;

	while ((n = pread(file, text, sizeof(text), at)) > 0) {
		for (i = 0; i < n; i++)
			if (((unsigned char)text[i] < 0x20 && text[i] != '\n' &&
			     text[i] != '\t') ||
			    text[i] == 0x7f)
				text[i] = '?';
		fwrite(text, 1, (size_t)n, stdout);
		at += n;
	}
	close(file);
}

static int print_status(const char *path, bool json)
{
	int file, ret;

	ret = ask_or_report(path, json ? "status json\n" : "status\n", &file);
	if (ret)
		return ret;
	if (file < 0)
		return report(path, "unexpected answer");
	print_file(file);
	return 0;
}

static int print_guests(char **paths, size_t nr, bool json)
{
	const char *comma = "";
	int ret = 0, failed;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (json)
			fputs(comma, stdout);
		failed = print_status(paths[i], json);
		comma = failed ? comma : ",\n";
		ret = ret ? ret : failed;
	}
	return ret;
}

int xwl_ask_status(const char *path, const char *folder, bool json)
{
	char pattern[256], *one = (char *)path;
	glob_t found = { 0 };
	int ret;

	if (json)
		fputs("[", stdout);
	if (path) {
		ret = print_guests(&one, 1, json);
	} else {
		snprintf(pattern, sizeof(pattern), "%s/*.control", folder);
		glob(pattern, 0, NULL, &found);
		if (!found.gl_pathc && !json)
			puts("no guest is shown");
		ret = print_guests(found.gl_pathv, found.gl_pathc, json);
		globfree(&found);
	}
	if (json)
		fputs("]\n", stdout);
	if (fflush(stdout))
		return report("writing the status", strerror(errno));
	return ret;
}

int xwl_ask_move(const char *path, const char *what)
{
	char request[16];
	int file, ret;

	snprintf(request, sizeof(request), "%s\n", what);
	ret = ask_or_report(path, request, &file);
	if (!ret && file >= 0)
		close(file);
	return ret;
}
