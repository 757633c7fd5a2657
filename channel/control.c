// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/listener.h"
#include "common/unix-socket.h"
#include "control.h"
#include "link/socket.h"
#include "service.h"
#include "session.h"
#include "status.h"

/* How long a program may take to say what it wants */
#define PATIENCE (5 * XDC_NS_PER_S)
/* How long the peer may take to accept a channel */
#define OPENING (30 * XDC_NS_PER_S)
/* How long "status" waits for workers */
#define GATHERING (1 * XDC_NS_PER_S)

struct client {
	LIST_ENTRY(client) link;
	struct xch_control *control;
	struct xdc_source source;
	struct xdc_timer limit;
	struct xdc_user user;
	void (*late)(struct client *c); /* the limit is reached */
	/* status: waits for workers */
	bool gathers, json;
	/* connect */
	struct xch_session *session; /* the peer has not answered */
	int program; /* the program's end of the channel; -1: none */
	enum xch_channel_type type; /* of the channel */
	/* listen */
	bool listens;
	struct xch_listener listener;
};

struct xch_control {
	struct xch_daemon *daemon;
	struct xdc_listener listener;
	char path[XCH_PATH_MAX];
	LIST_HEAD(, client) clients;
	unsigned int nr;
};

static const char *type_name(enum xch_channel_type type)
{
	return type == XCH_SEQPACKET ? "seqpacket" : "stream";
}

static void end_client(struct client *c)
{
	struct xdc_loop *loop = &c->control->daemon->loop;

	if (c->session)
		xch_session_forget(c->session);
	if (c->listens)
		xch_service_unlisten(&c->listener);
	if (c->program >= 0)
		close(c->program);
	LIST_REMOVE(c, link);
	c->control->nr--;
	xdc_timer_fini(&c->limit);
	xdc_loop_remove(loop, &c->source);
	close(c->source.fd);
	free(c);
}

/* The socket has room for an answer; a program that reads none gets no more */
static int send_line(struct client *c, int fd, const char *line)
{
	ssize_t n =
		xch_socket_send(c->source.fd, line, strlen(line), &fd, fd >= 0);

	return n < 0 ? (int)n : 0;
}

static void end_with(struct client *c, const char *line)
{
	send_line(c, -1, line);
	end_client(c);
}

static void end_with_error(struct client *c, int err, const char *what)
{
	char line[XCH_CONTROL_LINE];

	snprintf(line, sizeof(line), "error %s: %s", what, strerror(-err));
	end_with(c, line);
}

static void send_status(struct client *c)
{
	int fd = memfd_create("xen-channeld-status", MFD_CLOEXEC);
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");

	if (!out) {
		if (copy >= 0)
			close(copy);
		if (fd >= 0)
			close(fd);
		end_with_error(c, -ENOMEM, "status");
		return;
	}
	if (c->json)
		xch_status_json(c->control->daemon, out);
	else
		xch_status_text(c->control->daemon, out);
	fclose(out);
	send_line(c, fd, "ok");
	close(fd);
	end_client(c);
}

static bool has_gathered(const struct xch_daemon *d)
{
	const struct xch_peer *p;

	LIST_FOREACH(p, &d->peers, link)
		if (p->status_answered != p->status_asked)
			return false;
	return true;
}

static void status_changed(struct xch_daemon *d)
{
	struct client *c, *next;

	if (!d->control || !has_gathered(d))
		return;
	for (c = LIST_FIRST(&d->control->clients); c; c = next) {
		next = LIST_NEXT(c, link);
		if (c->gathers)
			send_status(c);
	}
}

static void begin_status(struct client *c, bool json)
{
	struct xch_daemon *d = c->control->daemon;
	struct xch_peer *p;

	if (c->user.uid && c->user.uid != geteuid()) {
		end_with_error(c, -EPERM, "status");
		return;
	}
	LIST_FOREACH(p, &d->peers, link)
		xch_peer_ask_status(p);
	c->json = json;
	c->gathers = true;
	c->late = send_status;
	xdc_timer_in(&c->limit, GATHERING);
	status_changed(d);
}

/* The peer has accepted the channel, or not */
static void channel_decided(void *user, int err)
{
	struct client *c = user;
	char line[XCH_CONTROL_LINE];

	c->session = NULL;
	if (err) {
		end_with_error(c, err, "the peer refuses the channel");
		return;
	}
	snprintf(line, sizeof(line), "ok %s", type_name(c->type));
	send_line(c, c->program, line);
	end_client(c);
}

static void opening_late(struct client *c)
{
	end_with_error(c, -ETIMEDOUT, "the peer does not answer");
}

/* The worker gets one end of a pair; the program gets the other, if the peer accepts */
static int open_channel(struct client *c, struct xch_peer *p,
			const struct xch_use *use)
{
	struct xch_session_owner owner = {
		.pid = c->user.pid,
		.decided = channel_decided,
		.user = c,
	};
	int sv[2], err;

	if (socketpair(AF_UNIX, xch_socket_type(use->terms.type) | SOCK_CLOEXEC,
		       0, sv))
		return -errno;
	err = xch_session_connect(p, use, sv[0], &owner, &c->session);
	close(sv[0]);
	if (err) {
		close(sv[1]);
		return err;
	}
	c->program = sv[1];
	c->type = use->terms.type;
	c->late = opening_late;
	xdc_timer_in(&c->limit, OPENING);
	return 0;
}

static void begin_connect(struct client *c, const char *peer,
			  const char *service)
{
	struct xch_daemon *d = c->control->daemon;
	const struct xch_use *use = NULL;
	struct xch_domain domain;
	struct xch_peer *p;
	int err;

	if (!xch_domains_find(&d->domains, peer, &domain))
		use = xch_config_use(d->config, service,
				     domain.name[0] ? domain.name : NULL,
				     domain.domid, c->user.uid, c->user.gids,
				     c->user.nr_gids);
	/* who may not use it is not told whether the domain runs */
	if (!use) {
		end_with(c, "error no [use] section allows it");
		return;
	}
	p = xch_peer_find(d, domain.domid);
	err = p ? open_channel(c, p, use) : -ENOTCONN;
	if (err == -ENOTCONN)
		end_with(c, "error no link to the peer");
	else if (err)
		end_with_error(c, err, "no channel");
}

/* A channel for a program that listens */
static int take_channel(struct xch_listener *l, struct xch_peer *p,
			enum xch_channel_type type, int fd)
{
	struct client *c = container_of(l, struct client, listener);
	char line[XCH_CONTROL_LINE];

	snprintf(line, sizeof(line), "channel %s %u %s", p->label,
		 p->domain.domid, type_name(type));
	return send_line(c, fd, line);
}

static void begin_listen(struct client *c, const char *service)
{
	struct xch_daemon *d = c->control->daemon;
	const struct xch_service *s = xch_config_listen(
		d->config, service, c->user.uid, c->user.gids, c->user.nr_gids);
	int err;

	if (!s) {
		end_with(c, "error no [service] section allows it");
		return;
	}
	c->listener.pid = c->user.pid;
	c->listener.take = take_channel;
	strcpy(c->listener.service, s->name);
	err = xch_service_listen(d, &c->listener);
	if (err) {
		end_with_error(c, err, "another program listens");
		return;
	}
	c->listens = true;
	/* it stays as long as it likes */
	c->late = NULL;
	xdc_timer_at(&c->limit, 0);
	if (send_line(c, -1, "ok"))
		end_client(c);
}

void xch_control_update(struct xch_daemon *d)
{
	struct client *c, *next;

	if (!d->control)
		return;
	for (c = LIST_FIRST(&d->control->clients); c; c = next) {
		next = LIST_NEXT(c, link);
		if (c->listens &&
		    !xch_config_listen(d->config, c->listener.service,
				       c->user.uid, c->user.gids,
				       c->user.nr_gids))
			end_client(c);
	}
}

static void run_request(struct client *c, char *line)
{
	char *rest, *word[4] = { NULL };
	unsigned int n = 0;

	for (word[n] = strtok_r(line, " ", &rest); word[n] && n < 3;
	     word[n] = strtok_r(NULL, " ", &rest))
		n++;
	if (word[0] && !strcmp(word[0], "status") && n == 1)
		begin_status(c, false);
	else if (n == 2 && !strcmp(word[0], "status") &&
		 !strcmp(word[1], "json"))
		begin_status(c, true);
	else if (n == 3 && !word[3] && !strcmp(word[0], "connect"))
		begin_connect(c, word[1], word[2]);
	else if (n == 2 && !strcmp(word[0], "listen"))
		begin_listen(c, word[1]);
	else
		end_with(c, "error unknown request");
}

static void client_ready(struct xdc_source *s, uint32_t events)
{
	struct client *c = container_of(s, struct client, source);
	char line[XCH_CONTROL_LINE];
	int fds[XCH_SOCKET_FDS];
	unsigned int nr_fds;
	ssize_t n =
		xch_socket_receive(s->fd, line, sizeof(line) - 1, fds, &nr_fds);

	if (n == -EAGAIN)
		return;
	if (n >= 0)
		xch_close_all(fds, &nr_fds);
	/* one request a program; its end is the end of what it asked for */
	if (n <= 0 || c->gathers || c->session || c->listens) {
		end_client(c);
		return;
	}
	line[n] = '\0';
	run_request(c, line);
}

static void limit_reached(struct xdc_timer *t)
{
	struct client *c = container_of(t, struct client, limit);

	if (c->late)
		c->late(c);
}

static unsigned int count_user(const struct xch_control *control, uid_t uid)
{
	const struct client *c;
	unsigned int n = 0;

	LIST_FOREACH(c, &control->clients, link)
		n += c->user.uid == uid;
	return n;
}

static bool has_room(const struct xch_control *control, uid_t uid)
{
	if (!uid)
		return control->nr < XCH_CONTROL_MAX;
	return control->nr < XCH_CONTROL_MAX - XCH_CONTROL_OF_ROOT &&
	       count_user(control, uid) < XCH_CONTROL_A_USER;
}

static int add_client(struct xch_control *control, int fd)
{
	struct client *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->control = control;
	c->program = -1;
	c->late = end_client;
	c->source.fd = fd;
	c->source.ready = client_ready;
	err = xdc_unix_user(fd, &c->user);
	if (!err && !has_room(control, c->user.uid))
		err = -EUSERS;
	if (!err)
		err = xdc_loop_add(&control->daemon->loop, &c->source, EPOLLIN);
	if (err) {
		free(c);
		return err;
	}
	xdc_timer_init(&control->daemon->loop, &c->limit, limit_reached);
	xdc_timer_in(&c->limit, PATIENCE);
	LIST_INSERT_HEAD(&control->clients, c, link);
	control->nr++;
	return 0;
}

static void take_client(struct xdc_listener *l, int fd)
{
	static const char busy[] = "error too many programs ask";

	if (!add_client(container_of(l, struct xch_control, listener), fd))
		return;
	xch_socket_send(fd, busy, strlen(busy), NULL, 0);
	close(fd);
}

int xch_control_start(struct xch_daemon *d, const char *path)
{
	struct xch_control *control;
	int fd, err;

	if (strlen(path) >= sizeof(control->path))
		return -ENAMETOOLONG;
	control = calloc(1, sizeof(*control));
	if (!control)
		return -ENOMEM;
	LIST_INIT(&control->clients);
	control->daemon = d;
	strcpy(control->path, path);
	/* each request asks who its program is */
	fd = xdc_unix_listen(path, SOCK_SEQPACKET, 0666);
	if (fd < 0) {
		free(control);
		return fd;
	}
	err = xdc_listener_start(&control->listener, &d->loop, fd,
				 control->path, take_client);
	if (err) {
		close(fd);
		unlink(path);
		free(control);
		return err;
	}
	d->control = control;
	d->status_changed = status_changed;
	return 0;
}

void xch_control_stop(struct xch_daemon *d)
{
	struct xch_control *control = d->control;

	if (!control)
		return;
	while (!LIST_EMPTY(&control->clients))
		end_client(LIST_FIRST(&control->clients));
	xdc_listener_stop(&control->listener);
	unlink(control->path);
	free(control);
	d->control = NULL;
}
