// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "common/container_of.h"
#include "common/systemd.h"
#include "run.h"

static void signal_ready(struct xdc_source *s, uint32_t events)
{
	xdc_loop_stop(container_of(s, struct xwl_signals, source)->loop);
}

int xwl_run_begin(struct xdc_loop *loop, struct xwl_signals *sigs)
{
	sigset_t set;
	int err = xdc_loop_init(loop);

	if (err)
		return err;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigs->loop = loop;
	sigs->source.ready = signal_ready;
	sigs->source.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sigs->source.fd < 0)
		return -errno;
	return xdc_loop_add(loop, &sigs->source, EPOLLIN);
}

int xwl_run_loop(struct xdc_loop *loop, struct xdc_reason *why)
{
	int err;

	xdc_systemd_notify("READY=1");
	err = xdc_loop_run(loop);
	xdc_systemd_notify("STOPPING=1");
	return err ? xdc_reason_set(why, err, "%s", strerror(-err)) : 0;
}
