// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd-socket.h"
#include "common/unix-socket.h"
#include "service.h"

#define WORDS_MAX 64
#define WORD_SEPARATORS " \t"

int xch_service_listen(struct xch_daemon *d, struct xch_listener *l)
{
	struct xch_listener *other;

	LIST_FOREACH(other, &d->listeners, link)
		if (!strcmp(other->service, l->service))
			return -EADDRINUSE;
	LIST_INSERT_HEAD(&d->listeners, l, link);
	return 0;
}

void xch_service_unlisten(struct xch_listener *l)
{
	LIST_REMOVE(l, link);
}

static int connect_program(const struct xch_service *s,
			   struct xch_program *program)
{
	int fd = xdc_unix_connect(s->path, xch_socket_type(s->terms.type));
	struct xdc_user user;

	if (fd < 0)
		return fd;
	if (!xdc_unix_user(fd, &user))
		program->pid = user.pid;
	program->socket = fd;
	return 0;
}

int xch_service_pair(int type, int *sv)
{
	return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sv) ? -errno : 0;
}

/* Blanks separate words; no shell looks at the command */
static void split_command(char *command, char **argv)
{
	unsigned int n = 0;
	char *rest, *word;

	for (word = strtok_r(command, WORD_SEPARATORS, &rest);
	     word && n < WORDS_MAX;
	     word = strtok_r(NULL, WORD_SEPARATORS, &rest))
		argv[n++] = word;
	argv[n] = NULL;
}

/* The program's standard input and output are the channel */
static int spawn_program(struct xch_peer *p, const struct xch_service *s,
			 int fd, pid_t *pid)
{
	char command[XCH_COMMAND_MAX], *argv[WORDS_MAX + 1];
	char peer[32 + XCH_NAME_MAX], domid[32], service[32 + XCH_SERVICE_MAX];
	char *envp[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		peer,
		domid,
		service,
		NULL,
	};
	struct xch_child_start how = {
		.argv = argv,
		.envp = envp,
		.owner = p,
		.fd = fd,
		.first = STDIN_FILENO,
		.last = STDOUT_FILENO,
	};
	struct xch_child *child;
	int err;

	snprintf(peer, sizeof(peer), "XEN_CHANNEL_PEER=%s", p->label);
	snprintf(domid, sizeof(domid), "XEN_CHANNEL_DOMID=%u", p->domain.domid);
	snprintf(service, sizeof(service), "XEN_CHANNEL_SERVICE=%s", s->name);
	strcpy(command, s->command);
	split_command(command, argv);
	how.path = argv[0];
	err = xch_child_start(&p->daemon->children, &how, &child);
	if (!err)
		*pid = xch_child_pid(child);
	return err;
}

/* A program that goes on when its channel has ended is still the peer's */
static int run_program(struct xch_peer *p, const struct xch_service *s,
		       struct xch_program *program)
{
	int sv[2], err;

	if (xch_children_count(&p->daemon->children, p) >= xch_session_max(p))
		return -EUSERS;
	err = xch_service_pair(xch_socket_type(s->terms.type), sv);
	if (err)
		return err;
	err = spawn_program(p, s, sv[1], &program->pid);
	close(sv[1]);
	if (err)
		close(sv[0]);
	else
		program->socket = sv[0];
	return err;
}

static void close_program(struct xch_program *program)
{
	if (program->socket >= 0)
		close(program->socket);
	if (program->notifier >= 0)
		close(program->notifier);
}

/* The pairs' first ends become the program's, the second ones go to the listener */
static int make_pairs(const struct xch_listener *l, int type,
		      struct xch_program *program, int *theirs,
		      unsigned int *nr)
{
	int sv[2], err = xch_service_pair(type, sv);

	*nr = 0;
	if (err)
		return err;
	program->socket = sv[0];
	theirs[(*nr)++] = sv[1];
	if (!l->notices)
		return 0;
	err = xch_service_pair(SOCK_SEQPACKET, sv);
	if (err)
		return err;
	program->notifier = sv[0];
	theirs[(*nr)++] = sv[1];
	return 0;
}

static int hand_to_listener(struct xch_peer *p, const struct xch_service *s,
			    struct xch_program *program)
{
	struct xch_listener *l;
	int theirs[2], err;
	unsigned int nr;

	LIST_FOREACH(l, &p->daemon->listeners, link)
		if (!strcmp(l->service, s->name))
			break;
	if (!l)
		return -ECONNREFUSED;
	program->pid = l->pid;
	program->late = l->late;
	err = make_pairs(l, xch_socket_type(s->terms.type), program, theirs,
			 &nr);
	if (!err)
		err = l->take(l, p, s->terms.type, theirs, nr);
	xdc_close_all(theirs, &nr);
	return err;
}

/* Sockets for the worker whose other ends are the service's program's */
static int reach_program(struct xch_peer *p, const struct xch_service *s,
			 struct xch_program *program)
{
	switch (s->target) {
	case XCH_TARGET_CONNECT:
		return connect_program(s, program);
	case XCH_TARGET_EXEC:
		return run_program(p, s, program);
	case XCH_TARGET_LISTEN:
		return hand_to_listener(p, s, program);
	default:
		return -ECONNREFUSED;
	}
}

static void refuse_channel(struct xch_peer *p, const struct xch_news *news,
			   int err, const char *why)
{
	xch_peer_log(p, XDC_WARNING, "channel to %s refused: %s", news->service,
		     why);
	xch_session_refuse(p, news, err);
}

/*
 * The log has the reason.  To the peer, ENOENT or EACCES of a path here would mean
 * something else, and paths here are not its business.
 */
static int may_know(int err)
{
	return err == -EUSERS || err == -EAGAIN ? err : -ECONNREFUSED;
}

static void service_asked(struct xch_peer *p, const struct xch_news *news)
{
	const struct xch_service *s =
		xch_config_service(p->daemon->config, news->service,
				   xch_peer_config_name(p), p->domain.domid);
	struct xch_program program = { .socket = -1, .notifier = -1 };
	int err;

	if (xch_session_too_soon(p)) {
		refuse_channel(p, news, -EAGAIN, "max-opens a second");
		return;
	}
	if (!s) {
		refuse_channel(p, news, -EACCES, "no [service] allows it");
		return;
	}
	if (s->terms.type != news->channel_type) {
		refuse_channel(p, news, -EPROTOTYPE,
			       "type is not the one of the peer's [use]");
		return;
	}
	if (xch_session_full(p, false)) {
		refuse_channel(p, news, -EUSERS, "max-channels are open");
		return;
	}
	err = reach_program(p, s, &program);
	if (err)
		refuse_channel(p, news, may_know(err), strerror(-err));
	else
		xch_session_accept(p, news, &s->terms, &program);
	close_program(&program);
}

const struct xch_peer_ops xch_service_ops = {
	.asked = service_asked,
	.opened = xch_session_opened,
	.closed = xch_session_closed,
	.lost = xch_session_lost,
};
