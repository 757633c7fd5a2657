// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/unix-socket.h"
#include "host/host.h"
#include "host/worker/refusal.h"

static void refuse_program(struct xwl_host *h, int channel, const char *where,
			   int err)
{
	struct xdc_reason why;

	xdc_reason_set(&why, err, "%s: %s", where, strerror(-err));
	xwl_refuse(h->policy->guest, channel, why.text);
}

static void refuse_at(struct xwl_host *h, int channel, const char *path,
		      int err)
{
	struct xdc_reason where;

	xdc_reason_set(&where, err, "compositor at %s", path);
	refuse_program(h, channel, where.text, err);
}

/* The worker gets both sockets; this process keeps neither */
static void connect_program(struct xwl_host *h, int channel)
{
	const char *path = xwl_context_path(&h->context);
	int compositor = xdc_unix_connect(path, SOCK_STREAM), err;

	if (compositor < 0) {
		refuse_at(h, channel, path, compositor);
		return;
	}
	/* a worker that has ended is replaced */
	err = xwl_process_start(&h->process);
	if (!err)
		err = xwl_process_serve(&h->process, channel, compositor);
	close(compositor);
	if (err)
		refuse_program(h, channel, "cannot serve a program", err);
	else
		close(channel);
}

static void add_waiting(struct xwl_host *h, int channel)
{
	if (h->nr_waiting == XWL_WAITING_MAX)
		xwl_refuse(h->policy->guest, channel,
			   "too many programs wait for the compositor");
	else
		h->waiting[h->nr_waiting++] = channel;
}

/* Programs wait until the compositor has said whether it has security contexts */
static void ask_compositor(struct xwl_host *h, int channel)
{
	int err = xwl_context_ask(&h->context);

	if (err)
		refuse_at(h, channel, h->context.display, err);
	else
		add_waiting(h, channel);
}

static void compositor_asked(struct xwl_context *c)
{
	struct xwl_host *h = container_of(c, struct xwl_host, context);
	unsigned int i, nr = h->nr_waiting;

	h->nr_waiting = 0;
	for (i = 0; i < nr; i++) {
		if (c->state != XWL_CONTEXT_UNKNOWN)
			connect_program(h, h->waiting[i]);
		else
			xwl_refuse(h->policy->guest, h->waiting[i],
				   c->why.text);
	}
}

void xwl_host_serve(struct xwl_host *h, int channel)
{
	switch (h->context.state) {
	case XWL_CONTEXT_UNKNOWN:
		ask_compositor(h, channel);
		break;
	case XWL_CONTEXT_ASKING:
		add_waiting(h, channel);
		break;
	default:
		connect_program(h, channel);
	}
}

/* If the worker cannot take it, the connection is closed without an answer */
static void asker_accepted(struct xdc_listener *l, int asker)
{
	struct xwl_host *h = container_of(l, struct xwl_host, control);

	if (!xwl_process_start(&h->process))
		xwl_process_ask(&h->process, asker,
				xwl_service_trouble(h->service));
	close(asker);
}

int xwl_host_start(struct xwl_host *h, struct xdc_loop *loop,
		   const struct xwl_policy *policy,
		   const struct xwl_host_options *o, int control)
{
	int err;

	memset(h, 0, sizeof(*h));
	h->policy = policy;
	h->service = o->service;
	xwl_process_init(&h->process, loop, policy, o->log_level);
	err = xwl_context_init(&h->context, loop, policy, o->display,
			       o->context, compositor_asked);
	if (!err)
		err = xwl_process_start(&h->process);
	if (!err)
		err = xwl_process_await(&h->process);
	if (!err)
		err = xdc_listener_start(&h->control, loop, control, "control",
					 asker_accepted);
	if (err)
		xwl_process_stop(&h->process);
	return err;
}

void xwl_host_stop(struct xwl_host *h)
{
	unsigned int i;

	xdc_listener_stop(&h->control);
	for (i = 0; i < h->nr_waiting; i++)
		xwl_refuse(h->policy->guest, h->waiting[i],
			   "the host's half has ended");
	h->nr_waiting = 0;
	xwl_context_fini(&h->context);
	xwl_process_stop(&h->process);
}
