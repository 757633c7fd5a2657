// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/listener.h"
#include "common/systemd.h"
#include "common/unix-socket.h"
#include "entrance.h"
#include "session.h"

struct xch_entrance {
	LIST_ENTRY(xch_entrance) link;
	struct xch_daemon *daemon;
	int closed_fd; /* listens, but nobody is let in yet; -1: open */
	struct xdc_timer opening; /* when it opens without a link */
	struct xdc_listener listener;
	struct xdc_bucket bucket; /* of messages that programs cause */
	enum xch_channel_type type;
	bool wanted;
	bool systemds; /* the path is not ours to remove */
	char service[XCH_SERVICE_MAX], path[XCH_PATH_MAX];
};

__attribute__((format(printf, 2, 3))) static void
log_refused(struct xch_entrance *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	xdc_vlog(XDC_WARNING, &e->bucket, e->path, fmt, args);
	va_end(args);
}

/* Ours alone: the section may have been changed since, but not the socket */
struct search {
	const char *service;
	const struct xch_use *found;
};

static void match_use(void *user, const struct xch_use *use)
{
	struct search *search = user;

	if (!strcmp(use->service, search->service))
		search->found = use;
}

/* The domain that the socket leads to: the only one of its section */
static int find_domain(const struct xch_entrance *e, struct xch_domain *out)
{
	const struct xch_daemon *d = e->daemon;
	struct search search = { .service = e->service };

	xch_config_each_use(d->config, match_use, &search);
	if (!search.found)
		return -EACCES;
	return xch_domains_find(&d->domains, search.found->peers.name[0], out)
		       ? -EHOSTDOWN
		       : 0;
}

/* Its peer, if @user may use the service */
static int find_peer(struct xch_entrance *e, const struct xdc_user *user,
		     struct xch_peer **out, const struct xch_use **use)
{
	struct xch_daemon *d = e->daemon;
	struct xch_domain domain;
	int err = find_domain(e, &domain);

	if (err)
		return err;
	*use = xch_config_use(d->config, e->service,
			      domain.name[0] ? domain.name : NULL, domain.domid,
			      user->uid, user->gids, user->nr_gids);
	if (!*use)
		return -EACCES;
	*out = xch_peer_find(d, domain.domid);
	return *out ? 0 : -EHOSTDOWN;
}

static bool is_linked(const struct xch_entrance *e)
{
	const struct xch_peer *p;
	struct xch_domain domain;

	if (find_domain(e, &domain))
		return false;
	p = xch_peer_find(e->daemon, domain.domid);
	return p && p->state == XCH_PEER_LINKED;
}

static void admit_program(struct xch_entrance *e, int fd)
{
	struct xch_program program = { .socket = fd, .notifier = -1 };
	const struct xch_use *use;
	struct xdc_user user;
	struct xch_peer *p;
	int err = xdc_unix_user(fd, &user);

	if (!err)
		err = find_peer(e, &user, &p, &use);
	if (!err) {
		program.pid = user.pid;
		/* if the peer refuses, the worker closes the socket */
		err = xch_session_connect(p, use, &program, NULL, NULL);
	}
	if (err == -EACCES)
		log_refused(e, "user %u may not use %s", user.uid, e->service);
	else if (err == -EHOSTDOWN)
		log_refused(e, "the domain that offers %s does not run",
			    e->service);
	else if (err)
		log_refused(e, "no channel to %s: %s", e->service,
			    err == -ENOTCONN ? "no link to the peer"
					     : strerror(-err));
}

static void take_program(struct xdc_listener *l, int fd)
{
	admit_program(container_of(l, struct xch_entrance, listener), fd);
	close(fd);
}

static void close_entrance(struct xch_entrance *e)
{
	xdc_timer_fini(&e->opening);
	if (e->closed_fd >= 0)
		close(e->closed_fd);
	else
		xdc_listener_stop(&e->listener);
	if (!e->systemds)
		unlink(e->path);
	LIST_REMOVE(e, link);
	free(e);
}

/* A socket of systemd's survives this daemon, and those who connect meanwhile wait */
static int listen_at(struct xch_entrance *e)
{
	int type = xch_socket_type(e->type);
	int fd = xdc_systemd_socket(e->path, type);

	e->systemds = fd != -ENOENT;
	/* who may use it is asked of each program */
	return e->systemds ? fd : xdc_unix_listen(e->path, type, 0666);
}

/* Who has come meanwhile has waited in the kernel */
static void let_in(struct xch_entrance *e)
{
	int err = xdc_listener_start(&e->listener, &e->daemon->loop,
				     e->closed_fd, e->path, take_program);

	if (err) {
		xdc_log(XDC_ERROR, "%s: %s", e->path, strerror(-err));
		xdc_timer_in(&e->opening, e->daemon->try_delay);
		return;
	}
	e->closed_fd = -1;
	xdc_timer_at(&e->opening, 0);
}

static void opening_due(struct xdc_timer *t)
{
	let_in(container_of(t, struct xch_entrance, opening));
}

static void open_linked(struct xch_daemon *d)
{
	struct xch_entrance *e;

	LIST_FOREACH(e, &d->entrances, link)
		if (e->closed_fd >= 0 && is_linked(e))
			let_in(e);
}

static int open_entrance(struct xch_daemon *d, const struct xch_use *use)
{
	struct xch_entrance *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->daemon = d;
	e->wanted = true;
	e->type = use->terms.type;
	strcpy(e->service, use->service);
	strcpy(e->path, use->path);
	e->closed_fd = listen_at(e);
	if (e->closed_fd < 0) {
		int err = e->closed_fd;

		free(e);
		return err;
	}
	xdc_timer_init(&d->loop, &e->opening, opening_due);
	LIST_INSERT_HEAD(&d->entrances, e, link);
	/* a daemon that has just begun has no link yet */
	if (!d->link_patience || is_linked(e))
		let_in(e);
	else
		xdc_timer_in(&e->opening, d->link_patience);
	return 0;
}

static void keep_entrance(void *user, const struct xch_use *use)
{
	struct xch_daemon *d = user;
	struct xch_entrance *e;

	LIST_FOREACH(e, &d->entrances, link)
		if (!strcmp(e->path, use->path) && e->type == use->terms.type &&
		    !strcmp(e->service, use->service))
			e->wanted = true;
}

static void add_entrance(void *user, const struct xch_use *use)
{
	struct xch_daemon *d = user;
	struct xch_entrance *e;
	int err;

	if (!*use->path)
		return;
	LIST_FOREACH(e, &d->entrances, link)
		if (!strcmp(e->path, use->path))
			return;
	err = open_entrance(d, use);
	if (err)
		xdc_log(XDC_ERROR, "[use %s]: cannot listen at %s: %s",
			use->service, use->path, strerror(-err));
}

static void close_unwanted(struct xch_daemon *d)
{
	struct xch_entrance *e, *next;

	for (e = LIST_FIRST(&d->entrances); e; e = next) {
		next = LIST_NEXT(e, link);
		if (!e->wanted)
			close_entrance(e);
	}
}

void xch_entrances_update(struct xch_daemon *d)
{
	struct xch_entrance *e;

	d->linked = open_linked;
	LIST_FOREACH(e, &d->entrances, link)
		e->wanted = false;
	xch_config_each_use(d->config, keep_entrance, d);
	/* those that change may take each other's path */
	close_unwanted(d);
	xch_config_each_use(d->config, add_entrance, d);
}

void xch_entrances_stop(struct xch_daemon *d)
{
	while (!LIST_EMPTY(&d->entrances))
		close_entrance(LIST_FIRST(&d->entrances));
}
