// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel/visitors.h"
#include "say.h"
#include "signals.h"

static void serve_one(int listener, int signals, const struct xt_visitors *ops)
{
	sigset_t all;
	pid_t pid = fork();

	if (pid < 0)
		xt_say("A connection is not served: %s.", strerror(errno));
	if (pid)
		return;
	/* the service or the socket is given up when the listening process ends */
	close(listener);
	close(signals);
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	_exit(ops->serve());
}

int xt_visitors_serve(int listener, const struct xt_visitors *ops)
{
	int signals = xt_signals_open(), err = 0;
	struct pollfd p[] = {
		{ .fd = listener, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};

	signal(SIGPIPE, SIG_IGN);
	/* the processes are not waited for */
	signal(SIGCHLD, SIG_IGN);
	while (!err && !p[1].revents) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			err = -errno;
		if (!err && p[0].revents)
			err = ops->accept(listener);
		else
			continue;
		if (err)
			break;
		serve_one(listener, signals, ops);
		ops->forget();
	}
	close(signals);
	return err ? xt_fail("no more connections: %s", strerror(-err))
		   : XT_EXIT_OK;
}
