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

static int report_error(const char *what, const char *why)
{
	fprintf(stderr, "xen-displd: %s: %s\n", what, why);
	return 1;
}

static const struct xdc_asker asker = {
	.program = "xen-displd",
	.hint = "Is the daemon running? Try: systemctl status xen-displd",
	.timeout_ms = 20000,
};

int xd_client_status(const char *path, bool json, FILE *out)
{
	return xdc_ask_status(&asker, path, json, out);
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
	ret = xdc_ask_or_report(&asker, path, request, line, sizeof(line), &fd);
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
