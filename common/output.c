// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/output.h"

int xdc_output_end(const char *program, int status)
{
	errno = 0;
	if ((!fflush(stdout) && !ferror(stdout)) || status)
		return status;
	fprintf(stderr, "%s: cannot write the output: %s\n", program,
		strerror(errno ? errno : EIO));
	return 1;
}
