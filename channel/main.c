// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "channeld-version.h"
#include "client.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/options.h"
#include "common/output.h"
#include "control.h"
#include "daemon.h"
#include "device.h"
#include "entrance.h"
#include "lib/channel/wire.h"
#include "link/worker.h"
#include "peers.h"
#include "service.h"
#include "transport.h"

#define CONFIG_PATH "/etc/xen-dmabuf/xen-channeld.conf"
/* How long programs that connect to a new daemon's sockets wait for a link */
#define LINK_PATIENCE (30 * XDC_NS_PER_S)
/* How long a worker may not answer, on a machine that may be busy */
#define WORKER_PATIENCE (15 * XDC_NS_PER_S)

static const struct xdc_about about = {
	.name = "xen-channeld",
	.version = XCH_VERSION,
	.usage =
		"usage: xen-channeld [--config FILE] [--socket PATH] [--log-level LEVEL]\n"
		"       xen-channeld [--socket PATH] status [--json]\n"
		"       xen-channeld [--config FILE] check\n"
		"\n"
		"Without a command: carries channels between this domain and others, until\n"
		"SIGTERM.  See xen-channeld(8) and xen-channeld.conf(5).\n",
};

/* What the steps of the daemon's life get */
struct life {
	struct xch_daemon *daemon;
	const struct xdc_options *options;
};

static int load_config(const struct xdc_options *o, struct xch_config **config)
{
	struct xdc_reason why;
	int err = xch_config_load(o->config, config, &why);

	if (xdc_options_no_config(o, err)) {
		xdc_log(XDC_INFO, "no file %s: every channel is denied",
			o->config);
		*config = xch_config_default();
		return *config ? 0 : -ENOMEM;
	}
	if (err)
		xdc_log(XDC_ERROR, "%s", why.text);
	return err;
}

static int configure(void *user)
{
	const struct life *life = user;
	struct xch_daemon *d = life->daemon;
	int err = load_config(life->options, &d->config);

	if (!err && !life->options->level_given)
		xdc_log_level(xch_config_log_level(d->config));
	return err;
}

static void reload_config(void *user)
{
	const struct life *life = user;
	const struct xdc_options *o = life->options;
	struct xch_daemon *d = life->daemon;
	struct xch_config *config;

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
}

/* The control socket comes first: it is there once, and so is the daemon */
static int open_all(void *user)
{
	const struct life *life = user;
	const struct xdc_options *o = life->options;
	struct xch_daemon *d = life->daemon;
	struct xdc_reason why;
	int err = xch_control_start(d, o->socket);

	if (err)
		return xdc_daemon_no_socket(&about, o->socket, err);
	xch_device_prepare(d);
	err = xch_peers_start(d, &why);
	if (err) {
		xdc_log(XDC_ERROR, "%s", why.text);
		return err;
	}
	xch_entrances_update(d);
	return 0;
}

static void close_all(void *user)
{
	struct xch_daemon *d = ((const struct life *)user)->daemon;

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
	d->worker_patience = WORKER_PATIENCE;
	d->program = "/proc/self/exe";
	d->transport = &xch_transport_xen;
	d->peer_ops = &xch_service_ops;
	d->idle_dmabuf = d->udmabuf = -1;
	xch_children_init(&d->children, &d->loop);
}

static int run_daemon(const struct xdc_options *o)
{
	static struct xch_daemon daemon;
	struct life life = { .daemon = &daemon, .options = o };
	const struct xdc_life steps = {
		.about = &about,
		.loop = &daemon.loop,
		.configure = configure,
		.open = open_all,
		.reload = reload_config,
		.close = close_all,
		.user = &life,
	};

	init_daemon(&daemon);
	/* what the workers send counts against this process's limit, too */
	xdc_daemon_raise_files();
	return xdc_daemon_live(&steps);
}

static int check_config(const struct xdc_options *o)
{
	struct xch_config *config = NULL;
	struct xdc_reason why;
	int err = xch_config_load(o->config, &config, &why);

	xch_config_free(config);
	return xdc_options_check(o, err, &why, "every channel is denied");
}

static int run_command(const struct xdc_options *o, int argc, char **argv)
{
	bool json = argc == 2 && !strcmp(argv[1], "--json");

	if (!strcmp(argv[0], "status") && (argc == 1 || json))
		return xch_client_status(o->socket, json, stdout);
	if (!strcmp(argv[0], "check") && argc == 1)
		return check_config(o);
	/* run by the daemon, with a socket to it; its sandbox is not for exit()'s handlers */
	if (!strcmp(argv[0], "worker") && argc == 1)
		_exit(xch_worker_run(XCH_WORKER_FD));
	return xdc_options_usage(&about);
}

int main(int argc, char **argv)
{
	struct xdc_options o = {
		.config = CONFIG_PATH,
		.socket = XCW_CONTROL_PATH,
		.level = XDC_INFO,
	};
	int status = xdc_options_parse(&o, &about, argc, argv);

	if (status != XDC_OPTIONS_READ)
		return status;
	if (optind < argc)
		return xdc_output_end(about.name, run_command(&o, argc - optind,
							      argv + optind));
	return run_daemon(&o);
}
