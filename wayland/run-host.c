// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/daemon.h"
#include "common/listener.h"
#include "common/log.h"
#include "common/unix-socket.h"
#include "host/host.h"
#include "host/policy/config.h"
#include "host/service.h"
#include "host/worker/refusal.h"
#include "paths.h"
#include "run.h"
#include "wayland-version.h"

/* One guest: its half of the host, and what that half keeps pointers to */
struct served {
	struct xwl_host host;
	struct xwl_policy policy;
	struct xwl_host_options options;
	char display[XWL_PATH_MAX], path[XWL_PATH_MAX];
	char context[XWL_PATH_MAX + XWL_SUFFIX_MAX];
	char control[XWL_PATH_MAX + XWL_SUFFIX_MAX];
	bool started;
};

struct hosts {
	struct xdc_loop loop;
	struct xdc_signals signals;
	struct served *guests;
	unsigned int nr;
	struct xwl_service service;
	/* of a socket of this machine, for the only guest */
	struct xdc_listener listener;
};

static int load_guest(struct served *g, const struct xwl_options *o,
		      const char *name, struct xdc_reason *why)
{
	int err = xwl_config_load(o->config, name, &g->policy, why);
	const char *warning = err ? NULL : xwl_config_warning(&g->policy);

	if (warning)
		xdc_log(XDC_WARNING, "%s: %s", name, warning);
	if (!err)
		err = xwl_path_display(g->policy.display, g->display,
				       sizeof(g->display), why);
	if (!err)
		err = xwl_path_guest(o->socket, name, g->path, sizeof(g->path),
				     why);
	if (err)
		return err;
	snprintf(g->context, sizeof(g->context), "%s" XWL_CONTEXT_SUFFIX,
		 g->path);
	snprintf(g->control, sizeof(g->control), "%s" XWL_CONTROL_SUFFIX,
		 g->path);
	g->options = (struct xwl_host_options){
		.display = g->display,
		.context = g->context,
		.log_level = o->level_name,
	};
	return 0;
}

static int load_guests(struct hosts *h, const struct xwl_options *o,
		       const char *guest, struct xdc_reason *why)
{
	char names[XWL_GUESTS_MAX][XWL_NAME_MAX];
	int i, err = 0, nr = 1;

	if (!guest)
		nr = xwl_config_guests(o->config, names, why);
	if (nr < 0)
		return nr;
	if (!nr)
		return xdc_reason_set(
			why, -EACCES,
			"%s has no section [guest NAME]: no guest may show windows",
			o->config);
	h->guests = calloc((size_t)nr, sizeof(*h->guests));
	if (!h->guests)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	h->nr = (unsigned int)nr;
	for (i = 0; i < nr && !err; i++)
		err = load_guest(&h->guests[i], o, guest ? guest : names[i],
				 why);
	return err;
}

static int start_guest(struct hosts *h, struct served *g,
		       struct xdc_reason *why)
{
	int err, fd = xdc_unix_listen(g->control, SOCK_SEQPACKET, 0600);

	if (fd < 0)
		return xdc_reason_set(why, fd, "%s: %s", g->control,
				      strerror(-fd));
	g->options.service = &h->service;
	err = xwl_host_start(&g->host, &h->loop, &g->policy, &g->options, fd);
	if (err) {
		close(fd);
		unlink(g->control);
		return xdc_reason_set(why, err, "cannot start for guest %s: %s",
				      g->policy.guest, strerror(-err));
	}
	g->started = true;
	return 0;
}

static void stop_guests(struct hosts *h)
{
	unsigned int i;

	for (i = 0; i < h->nr; i++) {
		if (!h->guests[i].started)
			continue;
		xwl_host_stop(&h->guests[i].host);
		unlink(h->guests[i].control);
	}
	free(h->guests);
}

static void program_accepted(struct xdc_listener *l, int channel)
{
	struct hosts *h = container_of(l, struct hosts, listener);

	xwl_host_serve(&h->guests[0].host, channel);
}

static void channel_accepted(struct xwl_service *s, const char *guest,
			     int channel)
{
	struct hosts *h = container_of(s, struct hosts, service);
	unsigned int i;

	for (i = 0; i < h->nr; i++)
		if (!strcmp(h->guests[i].policy.guest, guest))
			break;
	if (i < h->nr)
		xwl_host_serve(&h->guests[i].host, channel);
	else
		xwl_refuse(guest, channel,
			   "xen-wayland.conf has no section for this guest");
}

static int serve_socket(struct hosts *h, const char *path,
			struct xdc_reason *why)
{
	int err, fd = xdc_unix_listen(path, SOCK_SEQPACKET, 0600);

	if (fd < 0)
		return xdc_reason_set(why, fd, "%s: %s", path, strerror(-fd));
	err = xdc_listener_start(&h->listener, &h->loop, fd,
				 h->guests[0].policy.guest, program_accepted);
	if (err) {
		close(fd);
		xdc_reason_set(why, err, "%s", strerror(-err));
	} else {
		xdc_log(XDC_INFO,
			"version " XWL_PROGRAM_VERSION
			", windows of %s go from %s to %s",
			h->guests[0].policy.guest, path, h->guests[0].display);
		err = xdc_daemon_run(&h->loop);
		if (err)
			xdc_reason_set(why, err, "%s", strerror(-err));
		xdc_listener_stop(&h->listener);
	}
	unlink(path);
	return err;
}

static int serve_channels(struct hosts *h, const char *service,
			  struct xdc_reason *why)
{
	int err;

	xdc_log(XDC_INFO, "version " XWL_PROGRAM_VERSION ", windows of %u %s",
		h->nr, h->nr == 1 ? "guest" : "guests");
	xwl_service_start(&h->service, &h->loop, service, channel_accepted);
	err = xdc_daemon_run(&h->loop);
	xwl_service_stop(&h->service);
	return err ? xdc_reason_set(why, err, "%s", strerror(-err)) : 0;
}

static int serve_guests(struct hosts *h, const struct xwl_options *o,
			const char *guest, struct xdc_reason *why)
{
	int err = load_guests(h, o, guest, why);
	unsigned int i;

	for (i = 0; i < h->nr && !err; i++)
		err = start_guest(h, &h->guests[i], why);
	if (err)
		return err;
	return o->socket ? serve_socket(h, o->socket, why)
			 : serve_channels(h, o->service, why);
}

int xwl_run_host(const struct xwl_options *o, const char *guest)
{
	static struct hosts hosts = { .signals.source.fd = -1 };
	struct xdc_reason why;
	int err = xdc_loop_init(&hosts.loop);

	if (!err)
		err = xdc_signals_watch(&hosts.signals, &hosts.loop);
	if (err)
		xdc_reason_set(&why, err, "%s", strerror(-err));
	else
		err = serve_guests(&hosts, o, guest, &why);
	stop_guests(&hosts);
	xdc_signals_fini(&hosts.signals);
	xdc_loop_fini(&hosts.loop);
	if (err)
		xdc_log(XDC_ERROR, "%s", why.text);
	return err ? 1 : 0;
}
