// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/agent.h"
#include "common/container_of.h"
#include "common/log.h"
#include "common/unix-socket.h"

#define DISPLAYS_MAX 32

static void program_gone(struct xwl_program *c)
{
	LIST_REMOVE(c, entry);
	xwl_program_destroy(c);
}

static void refuse_program(struct xwl_agent *a, int socket, int err)
{
	struct xdc_reason why;

	xdc_reason_set(&why, err, "cannot reach the host's half: %s",
		       a->route->explain(err));
	xdc_log(XDC_WARNING, "program refused: %s", why.text);
	xwl_program_refuse(socket, why.text);
}

static void serve_program(struct xwl_agent *a, int socket,
			  const struct xwl_passage *passage)
{
	struct xwl_program *c;
	int err = xwl_program_create(a->loop, socket, passage, &c);

	if (err) {
		xdc_log(XDC_WARNING, "program refused: %s", strerror(-err));
		return;
	}
	c->gone = program_gone;
	c->owner = a;
	LIST_INSERT_HEAD(&a->programs, c, entry);
	/* its driver may have been loaded since */
	if (a->sync.by != XWL_SYNC_TIMELINES)
		xwl_sync_device_open(&a->sync);
	c->proxy.sync = &a->sync;
	xwl_selections_join(&a->selections, &c->proxy);
}

/* A program that waits until the host's half is reached */
struct xwl_caller {
	LIST_ENTRY(xwl_caller) entry;
	struct xwl_agent *agent;
	struct xdc_source answer;
	int socket;
};

/* The program's socket stays open */
static void forget_caller(struct xwl_caller *c)
{
	LIST_REMOVE(c, entry);
	xdc_loop_remove(c->agent->loop, &c->answer);
	close(c->answer.fd);
	free(c);
}

static void answer_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_caller *c = container_of(s, struct xwl_caller, answer);
	struct xwl_agent *a = c->agent;
	struct xwl_passage passage;
	int err = a->route->answer(a->route, s->fd, &passage);
	int socket = c->socket;

	if (err == -EAGAIN)
		return;
	forget_caller(c);
	if (err)
		refuse_program(a, socket, err);
	else
		serve_program(a, socket, &passage);
}

static int await_answer(struct xwl_agent *a, int socket, int pending)
{
	struct xwl_caller *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->agent = a;
	c->socket = socket;
	c->answer.fd = pending;
	c->answer.ready = answer_ready;
	err = xdc_loop_add(a->loop, &c->answer, EPOLLIN);
	if (err)
		free(c);
	else
		LIST_INSERT_HEAD(&a->callers, c, entry);
	return err;
}

static void program_accepted(struct xdc_listener *l, int socket)
{
	struct xwl_agent *a = container_of(l, struct xwl_agent, listener);
	struct xwl_passage passage;
	int pending, ret = a->route->call(a->route, &pending, &passage);

	if (!ret) {
		serve_program(a, socket, &passage);
		return;
	}
	if (ret > 0) {
		ret = await_answer(a, socket, pending);
		if (ret)
			close(pending);
	}
	if (ret)
		refuse_program(a, socket, ret);
}

int xwl_agent_start(struct xwl_agent *a, struct xdc_loop *loop, int listener,
		    struct xwl_route *route)
{
	int err;

	memset(a, 0, sizeof(*a));
	a->loop = loop;
	a->route = route;
	LIST_INIT(&a->programs);
	LIST_INIT(&a->callers);
	xwl_selections_init(&a->selections);
	xwl_sync_device_open(&a->sync);
	err = xdc_listener_start(&a->listener, loop, listener, "programs",
				 program_accepted);
	if (err)
		xwl_sync_device_close(&a->sync);
	return err;
}

void xwl_agent_stop(struct xwl_agent *a)
{
	struct xwl_program *c;
	struct xwl_caller *w;

	while ((w = LIST_FIRST(&a->callers))) {
		close(w->socket);
		forget_caller(w);
	}
	while ((c = LIST_FIRST(&a->programs)))
		program_gone(c);
	xdc_listener_stop(&a->listener);
	xwl_sync_device_close(&a->sync);
}

/* As compositors do it: the process that holds the lock has the name */
static int take_name(const char *path)
{
	char lock[120];
	int fd, err;

	snprintf(lock, sizeof(lock), "%s.lock", path);
	fd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0660);
	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
	close(fd);
	return err;
}

static int listen_at(const char *path, int *lock)
{
	int fd;

	*lock = take_name(path);
	if (*lock < 0)
		return *lock;
	fd = xdc_unix_listen(path, SOCK_STREAM, 0600);
	if (fd < 0)
		close(*lock);
	return fd;
}

int xwl_agent_listen(const char *name, char *path, size_t size, int *lock)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	int i, fd = -EADDRINUSE;

	if (!folder || *folder != '/')
		return -ENOENT;
	if (name) {
		if ((size_t)snprintf(path, size, "%s/%s", folder, name) >= size)
			return -ENAMETOOLONG;
		return listen_at(path, lock);
	}
	for (i = 0; i <= DISPLAYS_MAX && fd == -EADDRINUSE; i++) {
		if ((size_t)snprintf(path, size, "%s/wayland-%d", folder, i) >=
		    size)
			return -ENAMETOOLONG;
		fd = listen_at(path, lock);
	}
	return fd;
}
