// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "channeld-version.h"
#include "client.h"
#include "common/container_of.h"
#include "common/log.h"
#include "common/systemd.h"
#include "control.h"
#include "daemon.h"
#include "device.h"
#include "entrance.h"
#include "lib/channel/wire.h"
#include "link/worker.h"
#include "peers.h"
#include "service.h"
#include "transport.h"

#define CONFIG_PATH "/etc/xen/xen-channeld.conf"
/* How long programs that connect to a new daemon's sockets wait for a link */
#define LINK_PATIENCE (30 * XDC_NS_PER_S)

static const char usage[] =
	"usage: xen-channeld [--config FILE] [--socket PATH] [--log-level LEVEL]\n"
	"       xen-channeld [--socket PATH] status [--json]\n"
	"       xen-channeld [--config FILE] check\n"
	"\n"
	"Without a command: carries channels between this domain and others, until\n"
	"SIGTERM.  See xen-channeld(8) and xen-channeld.conf(5).\n";

struct options {
	const char *config;
	bool config_given;
	const char *socket;
	bool level_given;
	enum xdc_level level;
};

struct signals {
	struct xdc_source source;
	struct xch_daemon *daemon;
	const struct options *options;
};

static int load_config(const struct options *o, struct xch_config **config)
{
	struct xdc_reason why;
	int err = xch_config_load(o->config, config, &why);

	/* the default file is optional, one named by --config is not */
	if (err == -ENOENT && !o->config_given) {
		xdc_log(XDC_INFO, "no file %s: every channel is denied",
			o->config);
		*config = xch_config_default();
		return *config ? 0 : -ENOMEM;
	}
	if (err)
		xdc_log(XDC_ERROR, "%s", why.text);
	return err;
}

static void reload_config(struct xch_daemon *d, const struct options *o)
{
	struct xch_config *config;

	xdc_systemd_notify("RELOADING=1");
	if (!load_config(o, &config)) {
		xch_config_free(d->config);
		d->config = config;
		if (!o->level_given)
			xdc_log_level(xch_config_log_level(config));
		xch_control_update(d);
		xch_entrances_update(d);
		xch_peers_update(d);
		xdc_log(XDC_INFO,
			"configuration read again; [peer] sections apply to the next link");
	} else {
		xdc_log(XDC_ERROR, "reload failed, configuration unchanged");
	}
	xdc_systemd_notify("READY=1");
}

static void signal_ready(struct xdc_source *s, uint32_t events)
{
	struct signals *sigs = container_of(s, struct signals, source);
	struct signalfd_siginfo info;

	if (read(s->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		reload_config(sigs->daemon, sigs->options);
	else
		xdc_loop_stop(&sigs->daemon->loop);
}

static int watch_signals(struct xch_daemon *d, struct signals *sigs)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigs->daemon = d;
	sigs->source.ready = signal_ready;
	sigs->source.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sigs->source.fd < 0)
		return -errno;
	return xdc_loop_add(&d->loop, &sigs->source, EPOLLIN);
}

/* The control socket comes first: it is there once, and so is the daemon */
static int open_all(struct xch_daemon *d, const struct options *o)
{
	struct xdc_reason why;
	int err = xch_control_start(d, o->socket);

	if (err == -EADDRINUSE) {
		xdc_log(XDC_ERROR,
			"%s: another xen-channeld runs already. Try: xen-channeld status",
			o->socket);
		return err;
	}
	if (err) {
		xdc_log(XDC_ERROR, "%s: %s", o->socket, strerror(-err));
		return err;
	}
	xch_device_prepare(d);
	err = xch_peers_start(d, &why);
	if (err) {
		xdc_log(XDC_ERROR, "%s", why.text);
		return err;
	}
	xch_entrances_update(d);
	return 0;
}

static void close_all(struct xch_daemon *d)
{
	xch_entrances_stop(d);
	xch_peers_stop(d);
	xch_control_stop(d);
	xch_children_fini(&d->children);
	xch_device_finish(d);
	xch_config_free(d->config);
	xdc_loop_fini(&d->loop);
}

static void init_daemon(struct xch_daemon *d)
{
	d->try_delay = XDC_NS_PER_S;
	d->link_patience = LINK_PATIENCE;
	d->program = "/proc/self/exe";
	d->transport = &xch_transport_xen;
	d->peer_ops = &xch_service_ops;
	d->idle_dmabuf = d->udmabuf = -1;
	xch_children_init(&d->children, &d->loop);
}

static int run_daemon(const struct options *o)
{
	static struct xch_daemon daemon;
	struct signals sigs = { .source.fd = -1, .options = o };
	struct xch_daemon *d = &daemon;
	int err;

	xdc_log_level(o->level);
	init_daemon(d);
	err = xdc_loop_init(&d->loop);
	if (!err)
		err = load_config(o, &d->config);
	if (!err && !o->level_given)
		xdc_log_level(xch_config_log_level(d->config));
	if (!err)
		err = watch_signals(d, &sigs);
	if (!err)
		err = open_all(d, o);
	if (!err) {
		xdc_log(XDC_INFO, "version " XCH_VERSION ", ready");
		xdc_systemd_notify("READY=1");
		err = xdc_loop_run(&d->loop);
		xdc_systemd_notify("STOPPING=1");
	}
	close_all(d);
	if (sigs.source.fd >= 0)
		close(sigs.source.fd);
	return err ? 1 : 0;
}

static int check_config(const struct options *o)
{
	struct xch_config *config;
	struct xdc_reason why;
	int err = xch_config_load(o->config, &config, &why);

	if (err == -ENOENT && !o->config_given) {
		printf("no file %s: every channel is denied\n", o->config);
		return 0;
	}
	if (err) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	xch_config_free(config);
	printf("%s: configuration valid\n", o->config);
	return 0;
}

static int print_usage(void)
{
	fputs(usage, stderr);
	return 2;
}

static int run_command(const struct options *o, int argc, char **argv)
{
	bool json = argc == 2 && !strcmp(argv[1], "--json");

	if (!strcmp(argv[0], "status") && (argc == 1 || json))
		return xch_client_status(o->socket, json, stdout);
	if (!strcmp(argv[0], "check") && argc == 1)
		return check_config(o);
	/* run by the daemon, with a socket to it; its sandbox is not for exit()'s handlers */
	if (!strcmp(argv[0], "worker") && argc == 1)
		_exit(xch_worker_run(XCH_WORKER_FD));
	return print_usage();
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 's' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = {
		.config = CONFIG_PATH,
		.socket = XCW_CONTROL_PATH,
		.level = XDC_INFO,
	};
	int opt;

	xdc_log_init(o.level, getenv("JOURNAL_STREAM"));
	/* "+": options after the command belong to the command */
	while ((opt = getopt_long(argc, argv, "+c:s:l:hV", longs, NULL)) !=
	       -1) {
		switch (opt) {
		case 'c':
			o.config = optarg;
			o.config_given = true;
			break;
		case 's':
			o.socket = optarg;
			break;
		case 'l':
			if (xdc_log_parse(optarg, &o.level))
				return print_usage();
			o.level_given = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("xen-channeld " XCH_VERSION);
			return 0;
		default:
			return print_usage();
		}
	}
	if (optind < argc)
		return run_command(&o, argc - optind, argv + optind);
	return run_daemon(&o);
}
