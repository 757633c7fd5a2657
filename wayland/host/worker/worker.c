// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/log.h"
#include "common/sandbox.h"
#include "host/worker/control.h"
#include "host/worker/guest.h"
#include "host/worker/order.h"
#include "host/worker/refusal.h"
#include "host/worker/worker.h"
#include "wire/fds.h"

/* Memory for small buffers and keymaps; what the clipboard goes through */
static const int calls[] = {
	SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(pipe2),
	SCMP_SYS(socketpair),	SCMP_SYS(splice),    SCMP_SYS(shutdown),
	SCMP_SYS(recvfrom),
};

/* How much of what it sends was not read */
static const uint32_t ioctls[] = { SIOCOUTQ };

struct xwl_worker {
	struct xdc_loop loop;
	struct xdc_source orders;
	struct xwl_guest guest;
	struct xwl_control controls[XWL_CONTROLS];
};

static const struct xdc_sandbox needs = {
	.calls = calls,
	.nr_calls = sizeof(calls) / sizeof(calls[0]),
	.ioctls = ioctls,
	.nr_ioctls = sizeof(ioctls) / sizeof(ioctls[0]),
};

static void client_gone(struct xwl_client *c)
{
	struct xwl_worker *w = c->owner;

	LIST_REMOVE(c, entry);
	xwl_account_refund(&w->guest.account, XWL_PROGRAMS, 1);
	xwl_client_destroy(c);
}

static void serve_program(struct xwl_worker *w, int channel, int compositor)
{
	struct xwl_client *c;
	struct xdc_reason why;
	int err;

	if (xwl_account_charge(&w->guest.account, XWL_PROGRAMS, 1, &why)) {
		xwl_account_ended(&w->guest.account, why.text);
		xwl_refuse(w->guest.policy.guest, channel, why.text);
		close(compositor);
		return;
	}
	err = xwl_client_create(&w->loop, &w->guest.policy, &w->guest.account,
				channel, compositor, &c);
	if (err) {
		xwl_account_refund(&w->guest.account, XWL_PROGRAMS, 1);
		xdc_log(XDC_WARNING, "%s: program refused: %s",
			w->guest.policy.guest, strerror(-err));
		return;
	}
	c->gone = client_gone;
	c->owner = w;
	LIST_INSERT_HEAD(&w->guest.clients, c, entry);
}

static void serve_asker(struct xwl_worker *w, const char *trouble, int asker)
{
	snprintf(w->guest.trouble, sizeof(w->guest.trouble), "%s", trouble);
	xwl_control_take(&w->guest, w->controls, asker);
}

static void orders_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_worker *w = container_of(s, struct xwl_worker, orders);
	int fds[XWL_ORDER_FDS], err;
	struct xwl_order order;

	err = xwl_order_receive(s->fd, &order, fds);
	if (!err && order.type == XWL_ORDER_PROGRAM)
		serve_program(w, fds[0], fds[1]);
	else if (!err && order.type == XWL_ORDER_CONTROL)
		serve_asker(w, order.trouble, fds[0]);
	else if (err == -EPIPE)
		xdc_loop_stop(&w->loop);
	else if (err != -EAGAIN)
		xdc_loop_fail(&w->loop, err ? err : -EPROTO);
}

static int receive_policy(struct xwl_worker *w)
{
	struct pollfd p = { .fd = w->orders.fd, .events = POLLIN };
	struct xwl_order order;
	int fds[XWL_ORDER_FDS], err;

	if (poll(&p, 1, -1) < 0)
		return -errno;
	err = xwl_order_receive(w->orders.fd, &order, fds);
	if (err)
		return err;
	if (order.type != XWL_ORDER_POLICY)
		return -EPROTO;
	w->guest.policy = order.policy;
	return 0;
}

/*
 * Files of the worker's own, and of each program: sockets, the colour of its frames, its
 * keymap, and what is on its way; the planes of a buffer's dma-bufs, and the one that is
 * waited for
 */
#define FILES 32U
#define FILES_OF_PROGRAM (4 + 3 * XWL_FDS_MAX)
#define FILES_OF_TRANSFER 4U
#define FILES_OF_BUFFER (XWL_PLANES_MAX + 1)

/* It cannot be raised again, not even by a guest that has taken the process over */
static int limit_files(const struct xwl_policy *policy)
{
	struct rlimit limit;
	rlim_t needed = FILES + policy->max[XWL_PROGRAMS] * FILES_OF_PROGRAM +
			policy->max[XWL_TRANSFERS] * FILES_OF_TRANSFER +
			policy->max[XWL_BUFFERS] * FILES_OF_BUFFER;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	if (limit.rlim_max > needed)
		limit.rlim_max = needed;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

static int begin_work(struct xwl_worker *w)
{
	static const struct xwl_order ready = { .type = XWL_ORDER_READY };
	int err = receive_policy(w);

	if (!err)
		err = limit_files(&w->guest.policy);
	if (!err)
		err = xdc_loop_init(&w->loop);
	if (!err)
		err = xdc_loop_add(&w->loop, &w->orders, EPOLLIN);
	/* from here on it may be told what a guest has sent */
	if (!err)
		err = xdc_sandbox_enter(&needs);
	return err ? err : xwl_order_send(w->orders.fd, &ready, NULL);
}

int xwl_worker_run(int socket)
{
	static struct xwl_worker w;
	struct xwl_client *c;
	unsigned int i;
	int err;

	w.orders.fd = socket;
	w.orders.ready = orders_ready;
	w.guest.loop = &w.loop;
	w.guest.account.policy = &w.guest.policy;
	LIST_INIT(&w.guest.clients);
	for (i = 0; i < XWL_CONTROLS; i++)
		w.controls[i].source.fd = -1;
	err = begin_work(&w);
	if (!err)
		err = xdc_loop_run(&w.loop);
	if (err)
		xdc_log(XDC_ERROR, "worker: %s", strerror(-err));
	while ((c = LIST_FIRST(&w.guest.clients)))
		xwl_client_end(c, "the host's half has ended");
	return err;
}
