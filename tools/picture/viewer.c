// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "picture/viewer.h"
#include "say.h"
#include "signals.h"

#define EXEC_FD 3

static void set_env(const char *name, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	setenv(name, text, 1);
}

/* The command replaces this process, and the dma-buf exists as long as it does */
int xt_viewer_exec(char **command, int dmabuf, const struct xt_picture *pic,
		   uint32_t domid, bool read_only)
{
	char fourcc[5];

	set_env("XENDMABUF_FD", EXEC_FD);
	set_env("XENDMABUF_DOMID", domid);
	set_env("XENDMABUF_PAGES", pic->pages);
	set_env("XENDMABUF_READONLY", read_only);
	if (pic->width) {
		set_env("XENDMABUF_WIDTH", pic->width);
		set_env("XENDMABUF_HEIGHT", pic->height);
		set_env("XENDMABUF_STRIDE", pic->stride);
		setenv("XENDMABUF_FORMAT", xt_fourcc_text(pic->format, fourcc),
		       1);
	}
	/* if it is descriptor 3 already, a duplicate makes dup2() clear close-on-exec */
	if (dmabuf == EXEC_FD)
		dmabuf = dup(dmabuf);
	if (dmabuf < 0 || dup2(dmabuf, EXEC_FD) < 0)
		return xt_fail("cannot make the dma-buf descriptor %d: %s",
			       EXEC_FD, strerror(errno));
	if (dmabuf != EXEC_FD)
		close(dmabuf);
	fflush(NULL);
	xt_signals_restore();
	execvp(command[0], command);
	return xt_fail("cannot run '%s': %s", command[0], strerror(errno));
}
