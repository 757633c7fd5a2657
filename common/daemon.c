// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/systemd.h"

static void signal_ready(struct xdc_source *s, uint32_t events)
{
	struct xdc_signals *sigs = container_of(s, struct xdc_signals, source);
	struct signalfd_siginfo info;

	if (read(s->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo != SIGHUP) {
		xdc_loop_stop(sigs->loop);
		return;
	}
	xdc_systemd_notify("RELOADING=1");
	sigs->reload(sigs->user);
	xdc_systemd_notify("READY=1");
}

int xdc_signals_watch(struct xdc_signals *sigs, struct xdc_loop *loop)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigs->reload)
		sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigs->loop = loop;
	sigs->source.ready = signal_ready;
	sigs->source.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sigs->source.fd < 0)
		return -errno;
	return xdc_loop_add(loop, &sigs->source, EPOLLIN);
}

void xdc_signals_fini(struct xdc_signals *sigs)
{
	if (sigs->source.fd >= 0)
		close(sigs->source.fd);
	sigs->source.fd = -1;
}

void xdc_daemon_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int xdc_daemon_run(struct xdc_loop *loop)
{
	int err;

	xdc_systemd_notify("READY=1");
	err = xdc_loop_run(loop);
	xdc_systemd_notify("STOPPING=1");
	return err;
}

int xdc_daemon_live(const struct xdc_life *life)
{
	struct xdc_signals signals = {
		.source.fd = -1,
		.reload = life->reload,
		.user = life->user,
	};
	int err = xdc_loop_init(life->loop);

	if (!err)
		err = life->configure(life->user);
	if (!err)
		err = xdc_signals_watch(&signals, life->loop);
	if (!err)
		err = life->open(life->user);
	if (!err) {
		xdc_log(XDC_INFO, "version %s, ready", life->about->version);
		err = xdc_daemon_run(life->loop);
	}
	life->close(life->user);
	xdc_signals_fini(&signals);
	return err ? 1 : 0;
}

int xdc_daemon_no_socket(const struct xdc_about *about, const char *path,
			 int err)
{
	if (err == -EADDRINUSE)
		xdc_log(XDC_ERROR,
			"%s: another %s runs already. Try: %s status", path,
			about->name, about->name);
	else
		xdc_log(XDC_ERROR, "%s: %s", path, strerror(-err));
	return err;
}
