// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xendmabuf.h>
#include <xentoollog.h>

#include "control.h"
#include "daemon.h"
#include "vdispl/dbuf.h"
#include "vdispl/connect.h"
#include "vkb/connect.h"
#include "pair.h"
#include "xenbus/device.h"
#include "displd-version.h"
#include "vdispl/guard.h"
#include "guest.h"
#include "output/hotplug.h"
#include "output/open.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/options.h"
#include "common/output.h"
#include "common/reason.h"
#include "seat/devices.h"
#include "vdispl/frontend.h"
#include "xenbus/discover.h"

#define CONFIG_PATH "/etc/xen-dmabuf/xen-displd.conf"

static const struct xdc_about about = {
	.name = "xen-displd",
	.version = XD_VERSION,
	.usage =
		"usage: xen-displd [--config FILE] [--socket PATH] [--log-level LEVEL]\n"
		"       xen-displd [--socket PATH] status [--json]\n"
		"       xen-displd [--socket PATH] screenshot GUEST[:[DISPLAY.]CONNECTOR] FILE.png\n"
		"       xen-displd [--config FILE] check\n"
		"\n"
		"Without a command: the display backend of this domain, until SIGTERM.\n"
		"See xen-displd(8) and xen-displd.conf(5).\n",
};

/* What the steps of the daemon's life get */
struct life {
	struct xd_daemon *daemon;
	const struct xdc_options *options;
};

static int load_config(const struct xdc_options *o, struct xd_config **config)
{
	struct xdc_reason why;
	int err = xd_config_load(o->config, config, &why);

	if (xdc_options_no_config(o, err)) {
		xdc_log(XDC_INFO, "no file %s: defaults are used", o->config);
		*config = xd_config_default();
		return *config ? 0 : -ENOMEM;
	}
	if (err)
		xdc_log(XDC_ERROR, "%s", why.text);
	return err;
}

static void replace_config(struct xd_daemon *d, struct xd_config *next)
{
	struct xd_config *former = d->config;

	d->config = next;
	xd_devices_reload(d, former);
	xd_config_free(former);
}

static int configure(void *user)
{
	const struct life *life = user;
	struct xd_daemon *d = life->daemon;
	int err = xd_guard_init();

	if (!err)
		err = load_config(life->options, &d->config);
	if (!err && !life->options->level_given)
		xdc_log_level(xd_config_log_level(d->config));
	return err;
}

static void reload_config(void *user)
{
	const struct life *life = user;
	const struct xdc_options *o = life->options;
	struct xd_daemon *d = life->daemon;
	struct xd_config *config;
	struct xd_guest *g;

	if (!load_config(o, &config)) {
		replace_config(d, config);
		if (!o->level_given)
			xdc_log_level(xd_config_log_level(config));
		LIST_FOREACH(g, &d->guests, link)
			xd_guest_configure(g);
		xd_discover_scan(d);
		xdc_log(XDC_INFO,
			"configuration read again; outputs change when a guest connects again");
	} else {
		xdc_log(XDC_ERROR, "reload failed, configuration unchanged");
	}
}

static void screens_changed(void *user)
{
	struct xd_daemon *d = user;
	struct xd_frontend *f;
	unsigned int i;

	LIST_FOREACH(f, &d->frontends, link)
		for (i = 0; i < f->nr_connectors; i++)
			xd_screen_look(&f->connectors[i].screen);
}

/*
 * libxengnttab logs every failed mapping, and guests can cause any number: our
 * own messages are rate-limited
 */
static void __attribute__((format(printf, 5, 0)))
drop_message(struct xentoollog_logger *logger, xentoollog_level level, int err,
	     const char *context, const char *format, va_list al)
{
}

static struct xentoollog_logger quiet = { .vmessage = drop_message };

static int open_device(struct xd_daemon *d)
{
	struct xen_dmabuf_info info;
	int err;

	err = xendmabuf_open(&d->dmabuf);
	if (!err)
		err = xendmabuf_info(d->dmabuf, &info, sizeof(info));
	/* /dev/xen/dmabuf-grant is opened where this user may not open the other */
	if (!err && info.may == XENDMABUF_MAY_GRANT)
		err = -EACCES;
	if (err)
		xdc_log(XDC_ERROR, "/dev/xen/dmabuf: %s",
			xendmabuf_explain(NULL, err));
	return err;
}

static int open_all(void *user)
{
	const struct life *life = user;
	const struct xdc_options *o = life->options;
	struct xd_daemon *d = life->daemon;
	struct xdc_reason why;
	int err;

	err = open_device(d);
	if (err)
		return err;
	d->gnttab = xengnttab_open(&quiet, 0);
	if (!d->gnttab) {
		err = errno ? -errno : -ENODEV;
		xdc_reason_device(&why, err, "/dev/xen/gntdev", "xen-gntdev",
				  about.name);
		xdc_log(XDC_ERROR, "%s", why.text);
		return err;
	}
	xd_dbuf_start(d);
	err = xd_control_start(d, o->socket);
	if (err)
		return xdc_daemon_no_socket(&about, o->socket, err);
	xd_devices_start(d);
	err = xd_hotplug_start(&d->loop, screens_changed, d, &d->hotplug);
	if (err)
		xdc_log(XDC_WARNING,
			"no hotplug events, so a screen that is plugged in may not be noticed: %s",
			strerror(-err));
	err = xd_discover_start(d);
	if (err)
		xdc_log(XDC_ERROR,
			"xenstore: %s. Try: start xenstored; run as a user who may open /dev/xen/xenbus",
			strerror(-err));
	return err;
}

static void close_all(void *user)
{
	struct xd_daemon *d = ((const struct life *)user)->daemon;

	xd_devices_stop(d);
	while (!LIST_EMPTY(&d->devices))
		xd_device_shutdown(LIST_FIRST(&d->devices));
	xd_hotplug_stop(d->hotplug);
	xd_output_stop();
	xd_dbuf_stop(d);
	xd_discover_stop(d);
	xd_control_stop(d);
	if (d->gnttab)
		xengnttab_close(d->gnttab);
	xendmabuf_close(d->dmabuf);
	xd_config_free(d->config);
	xdc_loop_fini(&d->loop);
}

/* The types of devices that this backend serves */
static const struct xd_device_ops *const device_kinds[] = {
	&xd_frontend_ops,
	&xd_kbd_ops,
	&xd_vkbd_ops,
	NULL,
};

static int run_daemon(const struct xdc_options *o)
{
	static struct xd_daemon daemon;
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

	daemon.kinds = device_kinds;
	daemon.inputs_changed = xd_pair_inputs;
	daemon.sizes_wanted = xd_pair_sizes;
	return xdc_daemon_live(&steps);
}

static int check_config(const struct xdc_options *o)
{
	struct xd_config *config = NULL;
	struct xdc_reason why;
	int err = xd_config_load(o->config, &config, &why);

	xd_config_free(config);
	return xdc_options_check(o, err, &why,
				 "defaults are used, see xen-displd.conf(5)");
}

static int run_command(const struct xdc_options *o, int argc, char **argv)
{
	bool json = argc == 2 && !strcmp(argv[1], "--json");

	if (!strcmp(argv[0], "status") && (argc == 1 || json))
		return xd_client_status(o->socket, json, stdout);
	if (!strcmp(argv[0], "screenshot") && argc == 3)
		return xd_client_screenshot(o->socket, argv[1], argv[2]);
	if (!strcmp(argv[0], "check") && argc == 1)
		return check_config(o);
	return xdc_options_usage(&about);
}

int main(int argc, char **argv)
{
	struct xdc_options o = {
		.config = CONFIG_PATH,
		.socket = XD_CONTROL_PATH,
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
