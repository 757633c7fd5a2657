// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/route-channel.h"
#include "agent/route-socket.h"
#include "common/daemon.h"
#include "common/log.h"
#include "host/policy/policy.h"
#include "run.h"
#include "wayland-version.h"

static int serve_display(struct xdc_loop *loop, const struct xwl_options *o,
			 struct xwl_route *route, struct xdc_reason *why)
{
	static struct xwl_agent agent;
	char path[XWL_PATH_MAX];
	int lock, err,
		fd = xwl_agent_listen(o->display, path, sizeof(path), &lock);

	if (fd == -ENOENT)
		return xdc_reason_set(why, fd, "XDG_RUNTIME_DIR is not set");
	if (fd < 0)
		return xdc_reason_set(why, fd, "display %s: %s",
				      o->display ? o->display : "wayland-N",
				      strerror(-fd));
	err = xwl_agent_start(&agent, loop, fd, route);
	if (err) {
		close(fd);
		xdc_reason_set(why, err, "%s", strerror(-err));
	} else {
		xdc_log(XDC_INFO, "version " XWL_PROGRAM_VERSION ", display %s",
			path);
		err = xdc_daemon_run(loop);
		if (err)
			xdc_reason_set(why, err, "%s", strerror(-err));
		xwl_agent_stop(&agent);
	}
	unlink(path);
	close(lock);
	return err;
}

static int serve_channels(struct xdc_loop *loop, const struct xwl_options *o,
			  const char *domain, struct xdc_reason *why)
{
	struct xwl_channel_route r;
	int err;

	xwl_channel_route_init(&r, domain, o->service, o->copy);
	err = serve_display(loop, o, &r.route, why);
	xwl_channel_route_fini(&r);
	return err;
}

static int serve_socket(struct xdc_loop *loop, const struct xwl_options *o,
			struct xdc_reason *why)
{
	struct xwl_socket_route r;
	struct xwl_udmabuf udmabuf;
	int err;

	xwl_udmabuf_open(&udmabuf);
	xwl_socket_route_init(&r, o->socket, o->copy ? NULL : &udmabuf.maker);
	err = serve_display(loop, o, &r.route, why);
	xwl_udmabuf_close(&udmabuf);
	return err;
}

int xwl_run_agent(const struct xwl_options *o, const char *domain)
{
	static struct xdc_loop loop;
	struct xdc_signals signals = { .source.fd = -1 };
	struct xdc_reason why;
	int err = xdc_loop_init(&loop);

	if (!err)
		err = xdc_signals_watch(&signals, &loop);

	/* each program takes some descriptors, and each of its pools of wl_shm one more */
	xdc_daemon_raise_files();
	if (err)
		xdc_reason_set(&why, err, "%s", strerror(-err));
	else if (domain)
		err = serve_channels(&loop, o, domain, &why);
	else
		err = serve_socket(&loop, o, &why);
	xdc_signals_fini(&signals);
	xdc_loop_fini(&loop);
	if (err)
		xdc_log(XDC_ERROR, "%s", why.text);
	return err ? 1 : 0;
}
