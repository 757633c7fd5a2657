// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xendmabuf-channel.h>

#include "common/container_of.h"
#include "common/fd-socket.h"
#include "common/pages.h"
#include "lib/channel/wire.h"
#include "link/notifier.h"

/* Requests of one program in a turn: each may take a while */
#define REQUESTS_A_TURN 4

/* An event that the program has not read */
struct item {
	STAILQ_ENTRY(item) link;
	struct xendmabuf_channel_event event;
	int fd; /* goes with it, or -1 */
};

struct xch_notifier {
	LIST_ENTRY(xch_notifier) link;
	struct xch_notifiers *all;
	struct xdc_source source; /* fd -1: it has ended */
	struct xch_notifier **user; /* NULL: the channel has ended */
	bool serving; /* carries out a request, and is freed behind it */
	bool memory, read_only, subscribed;
	struct xch_interests interests;
	STAILQ_HEAD(item_list, item) waiting;
	unsigned int nr_waiting;
	struct xch_unread unread; /* dma-bufs that were made for it */
};

void xch_notifiers_init(struct xch_notifiers *all, struct xdc_loop *loop,
			const struct xch_notifier_config *config)
{
	memset(all, 0, sizeof(*all));
	all->loop = loop;
	all->config = *config;
	LIST_INIT(&all->all);
}

static void drop_interest(struct xch_interest *i)
{
	LIST_REMOVE(i, of_buffer);
	LIST_REMOVE(i, of_notifier);
	free(i);
}

static void drop_first(struct xch_notifier *n)
{
	struct item *item = STAILQ_FIRST(&n->waiting);

	STAILQ_REMOVE_HEAD(&n->waiting, link);
	n->nr_waiting--;
	if (item->fd >= 0)
		close(item->fd);
	free(item);
}

static void end_notifier(struct xch_notifier *n)
{
	while (!LIST_EMPTY(&n->interests))
		drop_interest(LIST_FIRST(&n->interests));
	while (!STAILQ_EMPTY(&n->waiting))
		drop_first(n);
	if (n->user)
		*n->user = NULL;
	xdc_loop_remove(n->all->loop, &n->source);
	xch_leftovers_add(n->all->config.leftovers, n->source.fd, &n->unread);
	n->source.fd = -1;
	LIST_REMOVE(n, link);
	n->all->nr--;
	if (!n->serving)
		free(n);
}

/* 0, EAGAIN, or that the program has closed its end */
static int send_event(struct xch_notifier *n,
		      const struct xendmabuf_channel_event *event, int fd)
{
	ssize_t len = xdc_socket_send(n->source.fd, event, sizeof(*event), &fd,
				      fd >= 0);

	if (len < 0)
		return (int)len;
	xch_unread_sent(&n->unread, n->source.fd, (uint64_t)len, fd >= 0, 0);
	return 0;
}

/* Requests wait for a program that does not read; its end is told without being asked */
static void watch_socket(struct xch_notifier *n)
{
	xdc_loop_change(n->all->loop, &n->source,
			n->nr_waiting ? EPOLLOUT : EPOLLIN);
}

/* False: it has ended */
static bool send_waiting(struct xch_notifier *n)
{
	struct item *item;
	int err;

	while ((item = STAILQ_FIRST(&n->waiting))) {
		err = send_event(n, &item->event, item->fd);
		if (err == -EAGAIN)
			break;
		if (err) {
			end_notifier(n);
			return false;
		}
		drop_first(n);
	}
	watch_socket(n);
	return true;
}

/*
 * False: it has ended, as its program reads no events or has gone.  Closes @fd
 */
static bool tell_event(struct xch_notifier *n,
		       const struct xendmabuf_channel_event *event, int fd)
{
	struct item *item = NULL;
	int err = n->nr_waiting ? -EAGAIN : send_event(n, event, fd);

	if (err == -EAGAIN && n->nr_waiting < XCW_WAITING_MAX)
		item = malloc(sizeof(*item));
	if (item) {
		item->event = *event;
		item->fd = fd;
		STAILQ_INSERT_TAIL(&n->waiting, item, link);
		n->nr_waiting++;
		watch_socket(n);
		return true;
	}
	if (fd >= 0)
		close(fd);
	if (err)
		end_notifier(n);
	return !err;
}

static bool tell_subscribed(struct xch_notifier *n,
			    const struct xendmabuf_channel_event *event)
{
	return !n->subscribed || tell_event(n, event, -1);
}

static void tell_all(struct xch_interests *interests,
		     const struct xendmabuf_channel_event *event)
{
	struct xch_interest *i, *next;

	for (i = LIST_FIRST(interests); i; i = next) {
		/* telling may end the notifier, and with it this interest alone */
		next = LIST_NEXT(i, of_buffer);
		tell_subscribed(i->notifier, event);
	}
}

void xch_notifiers_fini(struct xch_notifiers *all)
{
	static const struct xendmabuf_channel_event gone = {
		.type = XENDMABUF_CHANNEL_PEER_GONE,
	};
	struct xch_notifier *n;

	while ((n = LIST_FIRST(&all->all)))
		if (tell_subscribed(n, &gone))
			end_notifier(n);
}

unsigned int xch_notifiers_held(struct xch_notifiers *all)
{
	struct xch_notifier *n;
	unsigned int held = 0;

	LIST_FOREACH(n, &all->all, link) {
		xch_unread_look(&n->unread, n->source.fd);
		held += n->unread.fds;
	}
	return held;
}

/* By its address alone: a notifier that has ended is not in the list */
bool xch_notifiers_await(const struct xch_notifiers *all,
			 const struct xch_granted *buf)
{
	const struct xch_notifier *n;

	LIST_FOREACH(n, &all->all, link)
		if (n == buf->owner)
			return n->user && all->config.has_unsent(n->user);
	return false;
}

/* ---- requests ---- */

static struct xch_granted *find_sent(struct xch_notifier *n,
				     const struct stat *st)
{
	struct xch_interest *i;

	LIST_FOREACH(i, &n->interests, of_notifier)
		if (i->granted && i->granted->dev == st->st_dev &&
		    i->granted->ino == st->st_ino)
			return i->granted;
	return NULL;
}

static int recall_buffer(struct xch_notifier *n, const struct xcw_request *r,
			 int fd)
{
	struct xch_granted *buf;
	struct stat st;

	if (fd < 0)
		return -EINVAL;
	if (fstat(fd, &st))
		return -errno;
	buf = find_sent(n, &st);
	return buf ? xch_granted_recall_all(buf, r->ms) : -ENOENT;
}

/*
 * The program has it for as long as it likes, and it counts for as long.  It is granted
 * already: a message that cannot be granted ends its channel, and now the program can
 * still copy.
 */
static int export_memory(const struct xch_notifier *n,
			 const struct xcw_request *r, int fd)
{
	const struct xch_notifier_config *c = &n->all->config;
	int made = xch_memory_export(c->maker, fd, r->offset, r->size), err;

	if (made < 0)
		return made;
	err = xch_made_add(&c->maker->made, made, r->size);
	if (!err)
		err = xch_granted_reserve(c->granted, made, r->size,
					  n->read_only, n);
	if (!err)
		return made;
	close(made);
	return err;
}

/* A dma-buf, or why there is none */
static int make_memory(struct xch_notifier *n, const struct xcw_request *r,
		       int fd)
{
	const struct xch_notifier_config *c = &n->all->config;
	int err;

	if (fd < 0)
		return -EINVAL;
	if (!n->memory)
		return -EPERM;
	if (!c->maker)
		return -EOPNOTSUPP;
	if (!c->has_room(n->all) || n->unread.nr == XCH_UNREAD_MAX)
		return -EDQUOT;
	/* making it takes the pages out of the swap */
	err = xch_granted_room(c->granted, r->size / XDC_PAGE);
	if (!err)
		err = xch_made_room(&c->maker->made, r->size,
				    c->granted->max_buffers,
				    (uint64_t)c->granted->max_total * XDC_PAGE);
	if (err)
		return err;
	return export_memory(n, r, fd);
}

static void answer_request(struct xch_notifier *n, const struct xcw_request *r,
			   int fd)
{
	struct xendmabuf_channel_event result = { .type = XCW_RESULT };
	int made = -1;

	switch (r->type) {
	case XCW_SUBSCRIBE:
		n->subscribed = true;
		return;
	case XCW_RECALL:
		result.error = recall_buffer(n, r, fd);
		break;
	case XCW_MEMORY:
		made = make_memory(n, r, fd);
		result.error = made < 0 ? made : 0;
		break;
	default:
		result.error = -EINVAL;
	}
	/* grants that end meanwhile are told to programs, which may be gone */
	if (n->source.fd >= 0)
		tell_event(n, &result, made < 0 ? -1 : made);
	else if (made >= 0)
		close(made);
}

/* False: nothing more now, or the notifier has ended */
static bool serve_request(struct xch_notifier *n)
{
	int fds[XDC_SOCKET_FDS];
	unsigned int nr_fds;
	struct xcw_request r;
	ssize_t len =
		xdc_socket_receive(n->source.fd, &r, sizeof(r), fds, &nr_fds);

	if (len == -EAGAIN)
		return false;
	if (len != sizeof(r)) {
		if (len >= 0)
			xdc_close_all(fds, &nr_fds);
		end_notifier(n);
		return false;
	}
	n->serving = true;
	answer_request(n, &r, nr_fds ? fds[0] : -1);
	n->serving = false;
	xdc_close_all(fds, &nr_fds);
	if (n->source.fd >= 0)
		return true;
	free(n);
	return false;
}

static void notifier_ready(struct xdc_source *s, uint32_t events)
{
	struct xch_notifier *n = container_of(s, struct xch_notifier, source);
	unsigned int i;

	if (events & EPOLLOUT && !send_waiting(n))
		return;
	/* a program that reads no answers gets no more */
	for (i = 0; i < REQUESTS_A_TURN && !n->nr_waiting; i++)
		if (!serve_request(n))
			return;
	if (n->nr_waiting && events & (EPOLLHUP | EPOLLERR))
		end_notifier(n);
}

/*
 * A program may keep the socket when its channel and its buffers are gone, and there is
 * nothing more to tell it: the one that has had it for the longest makes room
 */
static bool make_room(struct xch_notifiers *all)
{
	struct xch_notifier *n, *oldest = NULL;

	if (all->nr < all->config.max)
		return true;
	LIST_FOREACH(n, &all->all, link)
		if (!n->user && LIST_EMPTY(&n->interests))
			oldest = n;
	if (oldest)
		end_notifier(oldest);
	return oldest;
}

int xch_notifier_create(struct xch_notifiers *all, int socket, bool memory,
			bool read_only, struct xch_notifier **user)
{
	struct xch_notifier *n = NULL;
	int err = make_room(all) ? 0 : -EUSERS;

	if (!err) {
		n = calloc(1, sizeof(*n));
		err = n ? 0 : -ENOMEM;
	}
	if (!err) {
		n->source.fd = socket;
		n->source.ready = notifier_ready;
		err = xdc_loop_add(all->loop, &n->source, EPOLLIN);
	}
	if (err) {
		free(n);
		close(socket);
		return err;
	}
	n->all = all;
	n->memory = memory;
	n->read_only = read_only;
	n->user = user;
	*user = n;
	LIST_INIT(&n->interests);
	STAILQ_INIT(&n->waiting);
	LIST_INSERT_HEAD(&all->all, n, link);
	all->nr++;
	return 0;
}

void xch_notifier_leave(struct xch_notifier *n, int err)
{
	struct xendmabuf_channel_event event = {
		.type = XENDMABUF_CHANNEL_FAILED,
		.error = err,
	};

	if (!n)
		return;
	*n->user = NULL;
	n->user = NULL;
	if (err)
		tell_subscribed(n, &event);
}

/* ---- buffers ---- */

static bool has_interest(const struct xch_interests *list,
			 const struct xch_notifier *n)
{
	struct xch_interest *i;

	LIST_FOREACH(i, list, of_buffer)
		if (i->notifier == n)
			return true;
	return false;
}

static void add_interest(struct xch_notifier *n, struct xch_interests *list,
			 struct xch_granted *granted)
{
	struct xch_interest *i;

	if (!n || has_interest(list, n))
		return;
	i = calloc(1, sizeof(*i));
	if (!i) {
		/* not told of this buffer, it would be wrong */
		end_notifier(n);
		return;
	}
	i->notifier = n;
	i->granted = granted;
	LIST_INSERT_HEAD(list, i, of_buffer);
	LIST_INSERT_HEAD(&n->interests, i, of_notifier);
}

void xch_notifier_sent(struct xch_notifier *n, struct xch_granted *buf)
{
	add_interest(n, &buf->interests, buf);
}

void xch_notifier_came(struct xch_notifier *n, struct xch_mapped *buf)
{
	add_interest(n, &buf->interests, NULL);
}

static struct xendmabuf_channel_event
event_of_sent(const struct xch_granted *buf, uint32_t type)
{
	return (struct xendmabuf_channel_event){
		.type = type,
		.dev = buf->dev,
		.ino = buf->ino,
	};
}

static void move_interests(struct xch_granted *from, struct xch_granted *to)
{
	struct xch_interest *i;

	while ((i = LIST_FIRST(&from->interests))) {
		if (has_interest(&to->interests, i->notifier)) {
			drop_interest(i);
			continue;
		}
		LIST_REMOVE(i, of_buffer);
		LIST_INSERT_HEAD(&to->interests, i, of_buffer);
		i->granted = to;
	}
}

void xch_notifier_returned(struct xch_granted *buf)
{
	struct xendmabuf_channel_event event =
		event_of_sent(buf, XENDMABUF_CHANNEL_RETURNED);
	struct xch_granted *other = xch_granted_other(buf);

	/* the peer can still reach the memory through another grant */
	if (other) {
		move_interests(buf, other);
		return;
	}
	tell_all(&buf->interests, &event);
	while (!LIST_EMPTY(&buf->interests))
		drop_interest(LIST_FIRST(&buf->interests));
}

void xch_notifier_pinned(struct xch_granted *buf)
{
	struct xendmabuf_channel_event event =
		event_of_sent(buf, XENDMABUF_CHANNEL_PINNED);

	event.users = buf->pinned;
	tell_all(&buf->interests, &event);
}

void xch_notifier_recalled(struct xch_mapped *buf, uint32_t ms)
{
	struct xendmabuf_channel_event event = {
		.type = XENDMABUF_CHANNEL_RECALLED,
		.dev = buf->dev,
		.ino = buf->ino,
		.ms = ms,
	};

	tell_all(&buf->interests, &event);
}

void xch_notifier_forget(struct xch_mapped *buf)
{
	while (!LIST_EMPTY(&buf->interests))
		drop_interest(LIST_FIRST(&buf->interests));
}
