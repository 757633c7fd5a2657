// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/report.h"

FILE *xdc_report_begin(const char *name, int *fd)
{
	int memfd = memfd_create(name, MFD_CLOEXEC);
	int copy = memfd < 0 ? -1 : fcntl(memfd, F_DUPFD_CLOEXEC, 0);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");

	*fd = out ? memfd : -1;
	if (out)
		return out;
	if (copy >= 0)
		close(copy);
	if (memfd >= 0)
		close(memfd);
	return NULL;
}
