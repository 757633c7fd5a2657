// SPDX-License-Identifier: GPL-2.0-only
/* xen-displd status and screenshot: the client of control.c */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/png-file.h"
#include "control.h"

#define PATIENCE_S 20

static int report_error(const char *what, const char *why)
{
	fprintf(stderr, "xen-displd: %s: %s\n", what, why);
	return 1;
}

static int connect_daemon(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = PATIENCE_S };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int take_file(struct msghdr *msg)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

/* Returns an exit status; on 0 @line begins with "ok", and @file is open */
static int send_request(const char *path, const char *request, char *line,
			size_t len, int *file)
{
	struct iovec iov = { line, len - 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space),
	};
	int fd = connect_daemon(path);
	ssize_t n;

	if (fd < 0) {
		report_error(path, strerror(-fd));
		fprintf(stderr,
			"Is the daemon running? Try: systemctl status xen-displd\n");
		return 1;
	}
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0) {
		close(fd);
		return report_error(path, strerror(errno));
	}
	n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	close(fd);
	if (n <= 0)
		return report_error(path,
				    n ? strerror(errno)
				      : "connection closed without an answer");
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	*file = take_file(&msg);
	if (strncmp(line, "ok", 2) || *file < 0) {
		if (*file >= 0)
			close(*file);
		if (!strncmp(line, "error: ", 7))
			fprintf(stderr, "xen-displd: %s\n", line + 7);
		else
			report_error(path, "unexpected answer");
		return 1;
	}
	return 0;
}

int xd_client_status(const char *path, bool json, FILE *out)
{
	char line[256], text[4096];
	ssize_t n;
	off_t at = 0;
	int file, ret;

	ret = send_request(path, json ? "status json\n" : "status\n", line,
			   sizeof(line), &file);
	if (ret)
		return ret;
	while ((n = pread(file, text, sizeof(text), at)) > 0) {
		if (fwrite(text, 1, (size_t)n, out) != (size_t)n)
			break;
		at += n;
	}
	close(file);
	if (json && !n)
		fputc('\n', out);
	if (fflush(out) || n)
		return report_error("writing the status", strerror(errno));
	return 0;
}

int xd_client_screenshot(const char *path, const char *guest, const char *file)
{
	char line[256], request[240];
	unsigned int w, h;
	struct stat st;
	void *pixels;
	size_t size;
	int fd, ret;

	if ((size_t)snprintf(request, sizeof(request), "screenshot %s\n",
			     guest) >= sizeof(request))
		return report_error(guest, "name too long");
	ret = send_request(path, request, line, sizeof(line), &fd);
	if (ret)
		return ret;
	if (sscanf(line, "ok %u %u", &w, &h) != 2 || !w || !h ||
	    w > XDC_PNG_MAX_SIDE || h > XDC_PNG_MAX_SIDE || fstat(fd, &st) ||
	    (uint64_t)st.st_size < (uint64_t)w * h * 4) {
		close(fd);
		return report_error(path, "unexpected answer");
	}
	size = (size_t)w * h * 4;
	pixels = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (pixels == MAP_FAILED)
		return report_error("mapping the picture", strerror(errno));
	ret = xdc_png_save(file, pixels, w, h, w * 4);
	munmap(pixels, size);
	return ret ? report_error(file, strerror(-ret)) : 0;
}
