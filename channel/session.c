// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "session.h"

int xch_socket_type(enum xch_channel_type type)
{
	return type == XCH_SEQPACKET ? SOCK_SEQPACKET : SOCK_STREAM;
}

static struct xch_caps caps_of(const struct xch_peer *p)
{
	struct xch_caps caps;

	xch_config_caps(p->daemon->config, xch_peer_config_name(p),
			p->domain.domid, &caps);
	return caps;
}

unsigned int xch_session_max(const struct xch_peer *p)
{
	return caps_of(p).max_channels;
}

/* As many as may be open, and as many that are over but not read, as in the worker */
bool xch_session_full(const struct xch_peer *p, bool ours)
{
	const struct xch_session *s;
	unsigned int n = 0;

	LIST_FOREACH(s, &p->sessions, link)
		n += s->ours == ours;
	return n >= 2 * xch_session_max(p);
}

bool xch_session_too_soon(struct xch_peer *p)
{
	struct xch_caps caps = caps_of(p);
	uint64_t now = xdc_now(), each, most;

	if (!caps.max_opens)
		return true;
	each = XDC_NS_PER_S / caps.max_opens;
	most = each * caps.max_channels;
	if (p->opens < now)
		p->opens = now;
	if (p->opens - now >= most)
		return true;
	p->opens += each;
	return false;
}

static void set_terms(const struct xch_peer *p, struct xch_order *order,
		      const struct xch_channel_terms *terms)
{
	order->rules.fds = terms->fds;
	order->rules.grants = p->buffers;
	order->rules.max_copy = caps_of(p).max_copy;
	order->read_only = terms->read_only;
}

static struct xch_session *add_session(struct xch_peer *p, const char *service,
				       pid_t pid)
{
	struct xch_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->peer = p;
	s->pid = pid;
	strcpy(s->service, service);
	LIST_INSERT_HEAD(&p->sessions, s, link);
	p->nr_sessions++;
	return s;
}

static void free_session(struct xch_session *s)
{
	LIST_REMOVE(s, link);
	s->peer->nr_sessions--;
	free(s);
}

static void tell_decision(struct xch_session *s, int err)
{
	void (*decided)(void *user, int err) = s->decided;

	s->decided = NULL;
	if (decided)
		decided(s->user, err);
}

/* With the program's sockets, in the order that link/order.h has */
static int send_program(struct xch_peer *p, struct xch_order *order,
			const struct xch_program *program)
{
	int fds[] = { program->socket, program->notifier };

	order->notifier = program->notifier >= 0;
	order->late = program->late;
	return xch_process_order(&p->process, order, fds,
				 1 + (unsigned)order->notifier);
}

int xch_session_connect(struct xch_peer *p, const struct xch_use *use,
			const struct xch_program *program,
			const struct xch_session_owner *owner,
			struct xch_session **out)
{
	struct xch_order order = {
		.type = XCH_ORDER_CONNECT,
		.channel_type = use->terms.type,
	};
	struct xch_session *s;
	int err;

	if (p->state != XCH_PEER_LINKED)
		return -ENOTCONN;
	if (xch_session_full(p, true))
		return -EUSERS;
	/* 0 is the token of channels that the peer has opened */
	order.token = ++p->last_token ? p->last_token : ++p->last_token;
	strcpy(order.service, use->service);
	set_terms(p, &order, &use->terms);
	s = add_session(p, use->service, program->pid);
	if (!s)
		return -ENOMEM;
	s->ours = true;
	s->token = order.token;
	err = send_program(p, &order, program);
	if (err) {
		free_session(s);
		return err;
	}
	if (owner) {
		s->decided = owner->decided;
		s->user = owner->user;
	}
	if (out)
		*out = s;
	return 0;
}

void xch_session_forget(struct xch_session *s)
{
	s->decided = NULL;
}

/* A channel that the worker is not told of would wait for ever */
static void check_order(struct xch_peer *p, int err)
{
	if (err)
		xch_peer_end(p, "link ended: its worker does not take orders");
}

void xch_session_refuse(struct xch_peer *p, const struct xch_news *news,
			int err)
{
	struct xch_order order = {
		.type = XCH_ORDER_REFUSE,
		.channel = news->channel,
		.err = err,
	};

	check_order(p, xch_process_order(&p->process, &order, NULL, 0));
}

void xch_session_accept(struct xch_peer *p, const struct xch_news *news,
			const struct xch_channel_terms *terms,
			const struct xch_program *program)
{
	struct xch_order order = {
		.type = XCH_ORDER_ACCEPT,
		.channel = news->channel,
	};
	struct xch_session *s = add_session(p, news->service, program->pid);

	if (!s) {
		xch_session_refuse(p, news, -ENOMEM);
		return;
	}
	s->channel = news->channel;
	s->open = true;
	set_terms(p, &order, terms);
	check_order(p, send_program(p, &order, program));
}

/* Not found: a channel that a program has sent to another, or a worker's lie */
static struct xch_session *find_session(struct xch_peer *p,
					const struct xch_news *news)
{
	struct xch_session *s;

	LIST_FOREACH(s, &p->sessions, link) {
		if (s->ours ? news->token && s->token == news->token
			    : !news->token && s->channel == news->channel)
			return s;
	}
	return NULL;
}

void xch_session_opened(struct xch_peer *p, const struct xch_news *news)
{
	struct xch_session *s = find_session(p, news);

	if (!s || s->open)
		return;
	s->open = true;
	s->channel = news->channel;
	tell_decision(s, 0);
}

void xch_session_closed(struct xch_peer *p, const struct xch_news *news)
{
	struct xch_session *s = find_session(p, news);
	int err = news->err ? news->err : -ECONNRESET;

	if (!s)
		return;
	if (news->err)
		xch_peer_log(p, XDC_INFO, "channel to %s %s: %s", s->service,
			     s->open ? "ended" : "refused",
			     strerror(-news->err));
	if (!s->open)
		tell_decision(s, err);
	free_session(s);
}

void xch_session_lost(struct xch_peer *p)
{
	struct xch_session *s;

	while ((s = LIST_FIRST(&p->sessions))) {
		if (!s->open)
			tell_decision(s, -ENOTCONN);
		free_session(s);
	}
}
