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

static void serve_program(struct xwl_agent *a, int socket)
{
	int channel = a->connect(a->context), err;
	struct xwl_program *c;
	struct xdc_reason why;

	if (channel < 0) {
		xdc_reason_set(&why, channel,
			       "no channel to the host's half: %s",
			       strerror(-channel));
		xdc_log(XDC_WARNING, "program refused: %s", why.text);
		xwl_program_refuse(socket, why.text);
		return;
	}
	err = xwl_program_create(a->loop, socket, channel, &c);
	if (err) {
		xdc_log(XDC_WARNING, "program refused: %s", strerror(-err));
		return;
	}
	c->proxy.maker = a->maker;
	c->gone = program_gone;
	c->owner = a;
	LIST_INSERT_HEAD(&a->programs, c, entry);
}

static void program_accepted(struct xdc_listener *l, int socket)
{
	serve_program(container_of(l, struct xwl_agent, listener), socket);
}

int xwl_agent_start(struct xwl_agent *a, struct xdc_loop *loop, int listener,
		    struct xwl_maker *maker, int (*connect)(void *context),
		    void *context)
{
	memset(a, 0, sizeof(*a));
	a->loop = loop;
	a->maker = maker;
	a->connect = connect;
	a->context = context;
	LIST_INIT(&a->programs);
	return xdc_listener_start(&a->listener, loop, listener, "programs",
				  program_accepted);
}

void xwl_agent_stop(struct xwl_agent *a)
{
	struct xwl_program *c;

	while ((c = LIST_FIRST(&a->programs)))
		program_gone(c);
	xdc_listener_stop(&a->listener);
}

/* As compositors do it: who has the lock file locked has the name */
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
