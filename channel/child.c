// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "common/container_of.h"
#include "common/log.h"

/* How long all of them together may take when the daemon ends */
#define LAST_PATIENCE (1 * XDC_NS_PER_S)

struct xch_child {
	LIST_ENTRY(xch_child) link;
	struct xch_children *all;
	struct xdc_source source; /* a pidfd */
	struct xdc_timer limit;
	pid_t pid;
	const void *owner; /* compared, and nothing else */
	void (*ended)(void *user, int status);
	void *user;
};

void xch_children_init(struct xch_children *all, struct xdc_loop *loop)
{
	LIST_INIT(&all->all);
	all->loop = loop;
	all->nr = 0;
}

static void free_child(struct xch_child *child)
{
	LIST_REMOVE(child, link);
	child->all->nr--;
	xdc_timer_fini(&child->limit);
	xdc_loop_remove(child->all->loop, &child->source);
	close(child->source.fd);
	free(child);
}

static void child_ready(struct xdc_source *s, uint32_t events)
{
	struct xch_child *child = container_of(s, struct xch_child, source);
	void (*ended)(void *user, int status) = child->ended;
	void *user = child->user;
	int status = 0;

	if (waitpid(child->pid, &status, WNOHANG) == 0)
		return;
	free_child(child);
	if (ended)
		ended(user, status);
}

static void limit_reached(struct xdc_timer *t)
{
	struct xch_child *child = container_of(t, struct xch_child, limit);

	xdc_log(XDC_WARNING, "process %d does not end: killed", child->pid);
	kill(child->pid, SIGKILL);
}

/* The daemon blocks the signals that it reads from a descriptor */
static int spawn_child(const struct xch_child_start *how, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, pipe;
	int i, err;

	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &pipe);
	err = 0;
	for (i = how->first; i <= how->last && !err; i++)
		err = posix_spawn_file_actions_adddup2(&actions, how->fd, i);
	/* libraries need not have opened theirs with close-on-exec */
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(
			&actions, how->last > STDERR_FILENO
					  ? how->last + 1
					  : STDERR_FILENO + 1);
	if (!err)
		err = posix_spawn(pid, how->path, &actions, &attributes,
				  how->argv, how->envp);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -err;
}

/* Of a child that was started and cannot be watched */
static int give_up(struct xch_child *child, int err)
{
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	xdc_timer_fini(&child->limit);
	if (child->source.fd >= 0)
		close(child->source.fd);
	free(child);
	return err;
}

int xch_child_start(struct xch_children *all, const struct xch_child_start *how,
		    struct xch_child **out)
{
	struct xch_child *child = calloc(1, sizeof(*child));
	int err;

	if (!child)
		return -ENOMEM;
	err = spawn_child(how, &child->pid);
	if (err) {
		free(child);
		return err;
	}
	child->all = all;
	child->owner = how->owner;
	child->ended = how->ended;
	child->user = how->user;
	child->source.ready = child_ready;
	/* close-on-exec, as every pidfd */
	child->source.fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->source.fd < 0)
		return give_up(child, -errno);
	xdc_timer_init(all->loop, &child->limit, limit_reached);
	err = xdc_loop_add(all->loop, &child->source, EPOLLIN);
	if (err)
		return give_up(child, err);
	LIST_INSERT_HEAD(&all->all, child, link);
	all->nr++;
	if (out)
		*out = child;
	return 0;
}

void xch_child_leave(struct xch_child *child, uint64_t ns)
{
	if (!child)
		return;
	child->ended = NULL;
	xdc_timer_in(&child->limit, ns);
}

pid_t xch_child_pid(const struct xch_child *child)
{
	return child->pid;
}

unsigned int xch_children_count(const struct xch_children *all,
				const void *owner)
{
	const struct xch_child *child;
	unsigned int n = 0;

	LIST_FOREACH(child, &all->all, link)
		n += child->owner == owner;
	return n;
}

/* A worker ends when the daemon does, and tells its peer before */
static void await_end(const struct xch_child *child, uint64_t until)
{
	struct pollfd p = { .fd = child->source.fd, .events = POLLIN };
	uint64_t now = xdc_now();

	poll(&p, 1, now < until ? (int)((until - now) / XDC_NS_PER_MS) : 0);
}

void xch_children_fini(struct xch_children *all)
{
	uint64_t until = xdc_now() + LAST_PATIENCE;
	struct xch_child *child;

	while ((child = LIST_FIRST(&all->all))) {
		await_end(child, until);
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
		free_child(child);
	}
}
