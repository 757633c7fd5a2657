// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/log.h"
#include "host/process.h"
#include "host/worker/worker.h"

/* The same program, also after another version was installed in its place */
#define PROGRAM "/proc/self/exe"

#define START_MS 5000
#define STOP_MS 1000

void xwl_process_init(struct xwl_process *p, struct xdc_loop *loop,
		      const struct xwl_policy *policy, const char *log_level)
{
	memset(p, 0, sizeof(*p));
	p->loop = loop;
	p->policy = policy;
	p->log_level = log_level;
	p->orders.fd = -1;
}

static void log_end(const struct xwl_process *p, int status)
{
	const char *guest = p->policy->guest;

	if (WIFSIGNALED(status))
		xdc_log(XDC_ERROR,
			"%s: worker killed by signal %d (%s); its programs are disconnected",
			guest, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		xdc_log(XDC_ERROR,
			"%s: worker failed; its programs are disconnected",
			guest);
}

/* It has closed its end of the orders, which it does at its end alone */
static void reap_worker(struct xwl_process *p)
{
	struct pollfd end = { .fd = p->orders.fd };
	int status = 0;

	xdc_loop_remove(p->loop, &p->orders);
	close(end.fd);
	p->orders.fd = -1;
	kill(p->pid, SIGKILL);
	if (waitpid(p->pid, &status, 0) == p->pid)
		log_end(p, status);
}

/* A guest may have taken the worker over: any other order, and any descriptor, is refused */
static int receive_ready(int socket)
{
	int fds[XWL_ORDER_FDS], err;
	struct xwl_order order;
	unsigned int i;

	err = xwl_order_receive(socket, &order, fds);
	if (err)
		return err;
	for (i = 0; i < xwl_order_fds(order.type); i++)
		close(fds[i]);
	return order.type == XWL_ORDER_READY ? 0 : -EPROTO;
}

static void orders_ready(struct xdc_source *s, uint32_t events)
{
	int err = receive_ready(s->fd);

	if (err && err != -EAGAIN)
		reap_worker(container_of(s, struct xwl_process, orders));
}

static int add_actions(posix_spawn_file_actions_t *actions, int socket)
{
	int err = posix_spawn_file_actions_adddup2(actions, socket,
						   XWL_WORKER_SOCKET);

	if (!err)
		err = posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
						       "/dev/null", O_RDWR, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO,
						       STDOUT_FILENO);
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(
			actions, XWL_WORKER_SOCKET + 1);
	return err;
}

/* It inherits nothing but its socket, the log, and that SIGTERM is blocked */
static int spawn_worker(struct xwl_process *p, int socket)
{
	char *const argv[] = { (char *)"xen-wayland", (char *)"--log-level",
			       (char *)p->log_level, (char *)XWL_WORKER_COMMAND,
			       NULL };
	const char *journal = getenv("JOURNAL_STREAM");
	char stream[64], *envp[] = { NULL, NULL };
	posix_spawn_file_actions_t actions;
	int err;

	if (journal) {
		snprintf(stream, sizeof(stream), "JOURNAL_STREAM=%s", journal);
		envp[0] = stream;
	}
	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = add_actions(&actions, socket);
	if (!err)
		err = posix_spawn(&p->pid, PROGRAM, &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int introduce_worker(struct xwl_process *p, int socket)
{
	const struct xwl_order order = { .type = XWL_ORDER_POLICY,
					 .policy = *p->policy };
	int err;

	p->orders.fd = socket;
	p->orders.ready = orders_ready;
	err = xdc_loop_add(p->loop, &p->orders, EPOLLIN);
	if (!err)
		err = xwl_order_send(socket, &order, NULL);
	if (err)
		reap_worker(p);
	return err;
}

int xwl_process_start(struct xwl_process *p)
{
	int ends[2], err;

	if (p->orders.fd >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, ends))
		return -errno;
	err = spawn_worker(p, ends[1]);
	close(ends[1]);
	if (!err)
		return introduce_worker(p, ends[0]);
	close(ends[0]);
	return err;
}

int xwl_process_await(struct xwl_process *p)
{
	struct pollfd ready = { .fd = p->orders.fd, .events = POLLIN };
	int n = poll(&ready, 1, START_MS);

	if (n < 0)
		return -errno;
	return n ? receive_ready(ready.fd) : -ETIMEDOUT;
}

int xwl_process_serve(struct xwl_process *p, int channel, int compositor)
{
	const struct xwl_order order = { .type = XWL_ORDER_PROGRAM };
	const int fds[XWL_ORDER_FDS] = { channel, compositor };

	return xwl_order_send(p->orders.fd, &order, fds);
}

int xwl_process_ask(struct xwl_process *p, int asker, const char *trouble)
{
	struct xwl_order order = { .type = XWL_ORDER_CONTROL };

	if (trouble)
		snprintf(order.trouble, sizeof(order.trouble), "%s", trouble);
	return xwl_order_send(p->orders.fd, &order, &asker);
}

void xwl_process_stop(struct xwl_process *p)
{
	struct pollfd end = { .fd = p->orders.fd };

	if (end.fd < 0)
		return;
	shutdown(end.fd, SHUT_WR);
	poll(&end, 1, STOP_MS);
	reap_worker(p);
}
