// SPDX-License-Identifier: GPL-2.0-only
/* xen-displd status and screenshot: the client of control.c */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ask.h"
#include "common/png-file.h"
#include "control.h"

#define PATIENCE 20000 /* ms */

static int report_error(const char *what, const char *why)
{
	fprintf(stderr, "xen-displd: %s: %s\n", what, why);
	return 1;
}

static int report_refusal(const char *path, int err)
{
	if (err == -EPIPE)
		return report_error(path, "closed without an answer");
	report_error(path, strerror(-err));
	if (err != -ETIMEDOUT)
		fprintf(stderr,
			"Is the daemon running? Try: systemctl status xen-displd\n");
	return 1;
}

/* Returns an exit status; on 0 @line begins with "ok", and @file is open */
static int ask(const char *path, const char *request, char *line, size_t size,
	       int *file)
{
	int err = xdc_ask(path, request, PATIENCE, line, size, file);

	if (err)
		return report_refusal(path, err);
	if (!strncmp(line, "ok", 2) && *file >= 0)
		return 0;
	if (*file >= 0)
		close(*file);
	if (strncmp(line, "error: ", 7))
		return report_error(path, "unexpected answer");
	fprintf(stderr, "xen-displd: %s\n", line + 7);
	return 1;
}

int xd_client_status(const char *path, bool json, FILE *out)
{
	char line[256];
	int file, err,
		ret = ask(path, json ? "status json" : "status", line,
			  sizeof(line), &file);

	if (ret)
		return ret;
	err = xdc_ask_print(file, out);
	close(file);
	if (err)
		return report_error("writing the status", strerror(-err));
	if (json)
		fputc('\n', out);
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

	if ((size_t)snprintf(request, sizeof(request), "screenshot %s",
			     guest) >= sizeof(request))
		return report_error(guest, "name too long");
	ret = ask(path, request, line, sizeof(line), &fd);
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
