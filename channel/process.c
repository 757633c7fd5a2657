// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/fd-socket.h"
#include "link/worker.h"
#include "process.h"

/* News of one worker in a turn: another's link goes on meanwhile */
#define NEWS_A_TURN 16
/* How long a worker may take to let go of everything */
#define PATIENCE (5 * XDC_NS_PER_S)
/* In the time that a worker may be silent */
#define PINGS 3U
/* Those that do not end have memory of the kernel's, and some of Xen's */
#define LEFT_MAX 4U

bool xch_process_runs(const struct xch_process *p)
{
	return p->ops && p->control.fd >= 0;
}

static void end_control(struct xch_process *p)
{
	xdc_loop_remove(p->loop, &p->control);
	xdc_timer_fini(&p->watch);
	/* the worker sees the end of its orders, and ends */
	close(p->control.fd);
	p->control.fd = -1;
}

static void give_up(struct xch_process *p, int err)
{
	xch_process_stop(p);
	p->ops->ended(p, err);
}

/* Its last news may still be in the socket: control_ready() sees its end */
static void child_ended(void *user, int status)
{
	struct xch_process *p = user;

	p->child = NULL;
}

/*
 * The kernel may let a worker wait for as long as a program likes, as for the lock of a
 * memfd that the program holds.  Pings are counted instead of time, as the daemon may
 * not have run, either.
 */
static void watch_fired(struct xdc_timer *t)
{
	struct xch_process *p = container_of(t, struct xch_process, watch);
	struct xch_order ping = { .type = XCH_ORDER_PING };

	if (p->missed == PINGS) {
		give_up(p, -ETIMEDOUT);
		return;
	}
	p->missed++;
	/* what it has not read yet is a ping as well */
	xch_process_order(p, &ping, NULL, 0);
	xdc_timer_in(&p->watch, p->patience / PINGS);
}

static void hear_news(struct xch_process *p, const struct xch_news *news)
{
	/* before that it is being started, on a machine that may be busy */
	if (!p->watch.at)
		xdc_timer_in(&p->watch, p->patience / PINGS);
	p->missed = 0;
	if (news->type != XCH_NEWS_PONG)
		p->ops->news(p, news);
}

static void control_ready(struct xdc_source *s, uint32_t events)
{
	struct xch_process *p = container_of(s, struct xch_process, control);
	struct xch_news news;
	unsigned int i;
	int err = 0;

	for (i = 0; i < NEWS_A_TURN && xch_process_runs(p); i++) {
		err = xch_news_receive(s->fd, &news);
		if (err)
			break;
		hear_news(p, &news);
	}
	if (err && err != -EAGAIN)
		give_up(p, err);
}

static int start_child(struct xch_process *p, struct xch_children *children,
		       const char *program, int fd)
{
	char *argv[] = { "xen-channeld", "worker", NULL };
	struct xch_child_start how = {
		.path = program,
		.argv = argv,
		.envp = environ,
		.fd = fd,
		.first = XCH_WORKER_FD,
		.last = XCH_WORKER_FD,
		.owner = p,
		.ended = child_ended,
		.user = p,
	};

	return xch_child_start(children, &how, &p->child);
}

bool xch_process_may_start(const struct xch_process *p,
			   const struct xch_children *children)
{
	return xch_children_count(children, p) < LEFT_MAX;
}

int xch_process_start(struct xch_process *p, struct xch_children *children,
		      const char *program, const struct xch_order *order,
		      const int *fds, unsigned int nr_fds,
		      const struct xch_process_ops *ops)
{
	int sv[2], err;

	if (!xch_process_may_start(p, children))
		return -EBUSY;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, sv))
		return -errno;
	xdc_socket_refuse_fds(sv[0]);
	p->loop = children->loop;
	p->control.ready = control_ready;
	p->missed = 0;
	xdc_timer_init(p->loop, &p->watch, watch_fired);
	err = xch_order_send(sv[0], order, fds, nr_fds);
	if (!err)
		err = start_child(p, children, program, sv[1]);
	close(sv[1]);
	if (!err) {
		p->control.fd = sv[0];
		err = xdc_loop_add(p->loop, &p->control, EPOLLIN);
	}
	if (err) {
		xch_child_leave(p->child, PATIENCE);
		p->child = NULL;
		p->control.fd = -1;
		close(sv[0]);
		return err;
	}
	p->ops = ops;
	return 0;
}

int xch_process_order(struct xch_process *p, const struct xch_order *order,
		      const int *fds, unsigned int nr_fds)
{
	if (!xch_process_runs(p))
		return -EPIPE;
	return xch_order_send(p->control.fd, order, fds, nr_fds);
}

void xch_process_stop(struct xch_process *p)
{
	if (!xch_process_runs(p))
		return;
	end_control(p);
	xch_child_leave(p->child, PATIENCE);
	p->child = NULL;
}
