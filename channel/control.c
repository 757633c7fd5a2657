// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access.h"
#include "common/container_of.h"
#include "common/fd-socket.h"
#include "common/listener.h"
#include "common/number.h"
#include "common/report.h"
#include "common/unix-socket.h"
#include "control.h"
#include "lib/channel/wire.h"
#include "link/unread.h"
#include "service.h"
#include "session.h"
#include "status.h"

/* How long a program may take to say what it wants */
#define PATIENCE (5 * XDC_NS_PER_S)
/* How long the peer may take to accept a channel */
#define OPENING (30 * XDC_NS_PER_S)
/* How long "status" and "services" wait for workers */
#define GATHERING (1 * XDC_NS_PER_S)
/* No domain's id */
#define NO_DOMAIN UINT16_MAX
/* Fewer words make a request */
#define WORDS_MAX 8U

struct client {
	LIST_ENTRY(client) link;
	struct xch_control *control;
	struct xdc_source source;
	struct xdc_timer limit;
	struct xdc_user user;
	void (*late)(struct client *c); /* the limit is reached */
	/* waits for what workers say of their links; NULL: does not */
	void (*report)(const struct client *c, FILE *out);
	/* connect */
	struct xch_session *session; /* the peer has not answered */
	int fds[2]; /* the program's ends of the channel and its notices */
	unsigned int nr_fds;
	enum xch_channel_type type; /* of the channel */
	/* listen */
	bool listens;
	struct xch_listener listener;
	struct xch_unread unread; /* what it was sent */
	bool over; /* there is nothing left but that */
};

struct xch_control {
	struct xch_daemon *daemon;
	struct xdc_listener listener;
	char path[XCH_PATH_MAX];
	LIST_HEAD(client_list, client) clients;
	unsigned int nr;
	uint64_t gathered; /* ns: when the workers were asked */
};

static const char *type_name(enum xch_channel_type type)
{
	return type == XCH_SEQPACKET ? "seqpacket" : "stream";
}

static void stop_serving(struct client *c)
{
	if (c->session)
		xch_session_forget(c->session);
	c->session = NULL;
	if (c->listens)
		xch_service_unlisten(&c->listener);
	c->listens = false;
	c->report = NULL;
	xdc_close_all(c->fds, &c->nr_fds);
	xdc_timer_fini(&c->limit);
}

static void free_client(struct client *c)
{
	stop_serving(c);
	LIST_REMOVE(c, link);
	c->control->nr--;
	xdc_loop_remove(&c->control->daemon->loop, &c->source);
	close(c->source.fd);
	free(c);
}

/* A program keeps its place until it has read the descriptors that it was sent */
static void end_client(struct client *c)
{
	xch_unread_look(&c->unread, c->source.fd);
	if (!c->unread.nr) {
		free_client(c);
		return;
	}
	stop_serving(c);
	c->over = true;
	shutdown(c->source.fd, SHUT_RDWR);
	/* by edge: its end is told all the time */
	xdc_loop_change(&c->control->daemon->loop, &c->source,
			EPOLLOUT | EPOLLET);
}

/* The socket has room for an answer; a program that reads none gets no more */
static int send_line(struct client *c, const int *fds, unsigned int nr_fds,
		     const char *line)
{
	ssize_t n;

	xch_unread_look(&c->unread, c->source.fd);
	if (nr_fds && c->unread.nr == XCH_UNREAD_MAX)
		return -EAGAIN;
	n = xdc_socket_send(c->source.fd, line, strlen(line), fds, nr_fds);
	if (n < 0)
		return (int)n;
	xch_unread_sent(&c->unread, c->source.fd, (uint64_t)n, nr_fds, 0);
	return 0;
}

static void end_with(struct client *c, int err, const char *why)
{
	char line[XCW_LINE_MAX];

	snprintf(line, sizeof(line), "error %d %s", -err, why);
	send_line(c, NULL, 0, line);
	end_client(c);
}

static void end_with_error(struct client *c, int err, const char *what)
{
	char why[XCW_LINE_MAX / 2];

	snprintf(why, sizeof(why), "%s: %s", what, strerror(-err));
	end_with(c, err, why);
}

static void report_text(const struct client *c, FILE *out)
{
	xch_status_text(c->control->daemon, out);
}

static void report_json(const struct client *c, FILE *out)
{
	xch_status_json(c->control->daemon, out);
}

static void report_access(const struct client *c, FILE *out)
{
	xch_access_list(c->control->daemon, &c->user, out);
}

static void send_report(struct client *c)
{
	int fd;
	FILE *out = xdc_report_begin("xen-channeld-status", &fd);

	if (!out) {
		end_with_error(c, -ENOMEM, "status");
		return;
	}
	c->report(c, out);
	fclose(out);
	send_line(c, &fd, 1, "ok");
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
		if (c->report)
			send_report(c);
	}
}

static void ask_workers(struct xch_control *control)
{
	struct xch_peer *p;

	control->gathered = xdc_now();
	LIST_FOREACH(p, &control->daemon->peers, link)
		xch_peer_ask_status(p);
}

static void begin_report(struct client *c,
			 void (*report)(const struct client *c, FILE *out))
{
	c->report = report;
	c->late = send_report;
	xdc_timer_in(&c->limit, GATHERING);
	status_changed(c->control->daemon);
}

static void begin_status(struct client *c,
			 void (*report)(const struct client *c, FILE *out))
{
	if (!xch_access_all(&c->user)) {
		end_with_error(c, -EPERM, "status");
		return;
	}
	ask_workers(c->control);
	begin_report(c, report);
}

/* Any user may ask, but not keep the workers busy by it */
static void begin_services(struct client *c)
{
	if (xdc_now() - c->control->gathered >= GATHERING)
		ask_workers(c->control);
	begin_report(c, report_access);
}

/* The words after a request, and false if one is none */
static bool parse_options(char **words, bool *events, bool *late)
{
	*events = *late = false;
	for (; *words; words++) {
		if (!strcmp(*words, XCW_OPTION_EVENTS))
			*events = true;
		else if (!strcmp(*words, XCW_OPTION_LATE))
			*late = true;
		else
			return false;
	}
	return true;
}

/* "ok" or "channel", and which one it is */
static int send_channel(struct client *c, const char *word, const char *service,
			const struct xch_peer *p, enum xch_channel_type type,
			const int *fds, unsigned int nr_fds)
{
	char line[XCW_LINE_MAX];

	snprintf(line, sizeof(line), "%s %s %s %u %s", word, service, p->label,
		 p->domain.domid, type_name(type));
	return send_line(c, fds, nr_fds, line);
}

/* The peer has accepted the channel, or not */
static void channel_decided(void *user, int err)
{
	struct client *c = user;
	const struct xch_session *s = c->session;

	c->session = NULL;
	if (err) {
		end_with_error(c, err, "the peer refuses the channel");
		return;
	}
	send_channel(c, "ok", s->service, s->peer, c->type, c->fds, c->nr_fds);
	end_client(c);
}

static void opening_late(struct client *c)
{
	end_with_error(c, -ETIMEDOUT, "the peer does not answer");
}

/* The worker gets one end of a pair; the program gets the other, if the peer accepts */
static int make_pair(struct client *c, int type, int *worker_end)
{
	int sv[2], err = xch_service_pair(type, sv);

	if (err)
		return err;
	*worker_end = sv[0];
	c->fds[c->nr_fds++] = sv[1];
	return 0;
}

static int open_channel(struct client *c, struct xch_peer *p,
			const struct xch_use *use, bool events, bool late)
{
	struct xch_session_owner owner = {
		.decided = channel_decided,
		.user = c,
	};
	struct xch_program program = {
		.pid = c->user.pid,
		.socket = -1,
		.notifier = -1,
		.late = late,
	};
	int err =
		make_pair(c, xch_socket_type(use->terms.type), &program.socket);

	if (!err && events)
		err = make_pair(c, SOCK_SEQPACKET, &program.notifier);
	if (!err)
		err = xch_session_connect(p, use, &program, &owner,
					  &c->session);
	if (program.socket >= 0)
		close(program.socket);
	if (program.notifier >= 0)
		close(program.notifier);
	if (err)
		return err;
	c->type = use->terms.type;
	c->late = opening_late;
	xdc_timer_in(&c->limit, OPENING);
	return 0;
}

/* Of a domain that does not run, the configuration may know the name */
static void find_domain(const struct xch_daemon *d, const char *text,
			struct xch_domain *out)
{
	uint32_t number;

	if (!xch_domains_find(&d->domains, text, out))
		return;
	out->domid = NO_DOMAIN;
	if (!xdc_parse_number(text, NO_DOMAIN - 1, &number))
		out->domid = (uint16_t)number;
	snprintf(out->name, sizeof(out->name), "%s", text);
}

static void begin_connect(struct client *c, char **words)
{
	struct xch_daemon *d = c->control->daemon;
	const struct xch_use *use;
	struct xch_domain domain;
	struct xch_peer *p;
	bool events, late;
	int err;

	if (!parse_options(words + 2, &events, &late)) {
		end_with(c, -EINVAL, "unknown request");
		return;
	}
	find_domain(d, words[0], &domain);
	use = xch_config_use(d->config, words[1],
			     domain.name[0] ? domain.name : NULL, domain.domid,
			     c->user.uid, c->user.gids, c->user.nr_gids);
	/* who may not use it is not told whether the domain runs */
	if (!use) {
		end_with(c, -EPERM, "no [use] section allows it");
		return;
	}
	p = xch_peer_find(d, domain.domid);
	err = p ? open_channel(c, p, use, events, late) : -ENOTCONN;
	if (err == -ENOTCONN)
		end_with(c, err, "no link to the peer");
	else if (err)
		end_with_error(c, err, "no channel");
}

/* A channel for a program that listens */
static int take_channel(struct xch_listener *l, struct xch_peer *p,
			enum xch_channel_type type, const int *fds,
			unsigned int nr_fds)
{
	return send_channel(container_of(l, struct client, listener), "channel",
			    l->service, p, type, fds, nr_fds);
}

static void begin_listen(struct client *c, char **words)
{
	struct xch_daemon *d = c->control->daemon;
	const struct xch_service *s =
		xch_config_listen(d->config, words[0], c->user.uid,
				  c->user.gids, c->user.nr_gids);
	int err;

	if (!parse_options(words + 1, &c->listener.notices,
			   &c->listener.late)) {
		end_with(c, -EINVAL, "unknown request");
		return;
	}
	if (!s) {
		end_with(c, -EPERM, "no [service] section allows it");
		return;
	}
	c->listener.pid = c->user.pid;
	c->listener.take = take_channel;
	strcpy(c->listener.service, s->name);
	err = xch_service_listen(d, &c->listener);
	if (err) {
		end_with(c, err, "another program listens");
		return;
	}
	c->listens = true;
	/* it stays as long as it likes */
	c->late = NULL;
	xdc_timer_at(&c->limit, 0);
	if (send_line(c, NULL, 0, "ok"))
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
	char *rest, *words[WORDS_MAX + 2] = { NULL };
	unsigned int n = 0;

	for (words[n] = strtok_r(line, " ", &rest); n < WORDS_MAX && words[n];
	     words[n] = strtok_r(NULL, " ", &rest))
		n++;
	if (n == WORDS_MAX)
		n = 0;
	if (n == 1 && !strcmp(words[0], "status"))
		begin_status(c, report_text);
	else if (n == 2 && !strcmp(words[0], "status") &&
		 !strcmp(words[1], "json"))
		begin_status(c, report_json);
	else if (n == 1 && !strcmp(words[0], "services"))
		begin_services(c);
	else if (n >= 3 && !strcmp(words[0], "connect"))
		begin_connect(c, words + 1);
	else if (n >= 2 && !strcmp(words[0], "listen"))
		begin_listen(c, words + 1);
	else
		end_with(c, -EINVAL, "unknown request");
}

static void look_at_rest(struct client *c)
{
	xch_unread_look(&c->unread, c->source.fd);
	if (!c->unread.nr)
		free_client(c);
}

static void client_ready(struct xdc_source *s, uint32_t events)
{
	struct client *c = container_of(s, struct client, source);
	char line[XCW_LINE_MAX];
	ssize_t n;

	if (c->over) {
		look_at_rest(c);
		return;
	}
	n = xdc_socket_receive_data(s->fd, line, sizeof(line) - 1);
	if (n == -EAGAIN)
		return;
	/* one request a program; its end is the end of what it asked for */
	if (n <= 0 || c->report || c->session || c->listens) {
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
	char busy[64];

	if (!add_client(container_of(l, struct xch_control, listener), fd))
		return;
	snprintf(busy, sizeof(busy), "error %d too many programs ask", EUSERS);
	xdc_socket_send(fd, busy, strlen(busy), NULL, 0);
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
	xdc_socket_refuse_fds(fd);
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
		free_client(LIST_FIRST(&control->clients));
	xdc_listener_stop(&control->listener);
	unlink(control->path);
	free(control);
	d->control = NULL;
}
