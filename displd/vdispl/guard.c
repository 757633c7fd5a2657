// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

#include "vdispl/guard.h"

/* one thread, so one copy at a time */
static sigjmp_buf escape;
static volatile sig_atomic_t copying;

static void handle_sigbus(int sig)
{
	if (copying)
		siglongjmp(escape, 1);
	/* not in a guarded copy: a bug, which ends the daemon */
	signal(sig, SIG_DFL);
	raise(sig);
}

int xd_guard_init(void)
{
	/* not blocked while it is handled: jumping out needs no system call */
	struct sigaction action = {
		.sa_handler = handle_sigbus,
		.sa_flags = SA_NODEFER,
	};

	return sigaction(SIGBUS, &action, NULL) ? -errno : 0;
}

int xd_guard_copy(const struct xd_rows *dst, const struct xd_rows *src,
		  const struct xd_format *format, uint32_t x, uint32_t y)
{
	if (sigsetjmp(escape, 0)) {
		copying = 0;
		return -EFAULT;
	}
	copying = 1;
	xd_copy(dst, src, format, x, y);
	copying = 0;
	return 0;
}
