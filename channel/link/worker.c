// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "common/container_of.h"
#include "common/daemon.h"
#include "common/log.h"
#include "link/event.h"
#include "link/link.h"
#include "link/memory.h"
#include "link/order.h"
#include "link/pipe.h"
#include "link/sandbox.h"
#include "link/worker.h"

/* Orders that are carried out before the link gets its turn */
#define ORDERS_A_TURN 16
/* News that the daemon has not taken, before the peer has to wait */
#define NEWS_MAX 64
/* ms that the daemon has to take the last news */
#define LAST_NEWS 1000

struct item {
	TAILQ_ENTRY(item) link;
	struct xch_news news;
};

struct worker {
	struct xdc_loop loop;
	struct xdc_source control;
	TAILQ_HEAD(items, item) items; /* news that are not sent yet */
	unsigned int nr_news;
	struct xch_ring_memory memory;
	struct xch_wakeup wakeup;
	struct xch_driver driver;
	uint32_t grants; /* as of the hub's configuration */
	struct xch_memory_maker maker;
	int idle_dmabuf;
	struct xch_link link;
};

static struct worker *worker_of(struct xch_link *l)
{
	return container_of(l, struct worker, link);
}

static void watch_control(struct worker *w)
{
	xdc_loop_change(&w->loop, &w->control,
			EPOLLIN | (w->nr_news ? EPOLLOUT : 0));
	/* what the peer asks for is news, too */
	xch_link_pause(&w->link, w->nr_news >= NEWS_MAX);
}

static void send_waiting(struct worker *w)
{
	struct item *item;
	int err;

	while ((item = TAILQ_FIRST(&w->items))) {
		err = xch_news_send(w->control.fd, &item->news);
		if (err == -EAGAIN)
			break;
		if (err) {
			xdc_loop_fail(&w->loop, err);
			return;
		}
		TAILQ_REMOVE(&w->items, item, link);
		w->nr_news--;
		free(item);
	}
	watch_control(w);
}

static void tell_daemon(struct worker *w, const struct xch_news *news)
{
	struct item *item;
	int err = w->nr_news ? -EAGAIN : xch_news_send(w->control.fd, news);

	if (!err)
		return;
	item = err == -EAGAIN ? malloc(sizeof(*item)) : NULL;
	if (!item) {
		/* without its news the daemon would be wrong about the link */
		xdc_loop_fail(&w->loop, err == -EAGAIN ? -ENOMEM : err);
		return;
	}
	item->news = *news;
	TAILQ_INSERT_TAIL(&w->items, item, link);
	w->nr_news++;
	watch_control(w);
}

static void tell_of_channel(struct xch_channel *ch, struct xch_link *l,
			    enum xch_news_type type, int err)
{
	struct xch_news news = {
		.type = type,
		.token = ch->token,
		.channel = ch->id,
		.err = err,
		.channel_type = ch->open.type,
		.bytes_sent = ch->bytes_sent,
		.bytes_received = ch->bytes_received,
	};

	strcpy(news.service, ch->open.service);
	tell_daemon(worker_of(l), &news);
}

static void link_ready(struct xch_link *l)
{
	struct xch_news news = { .type = XCH_NEWS_READY,
				 .dmabufs = l->hub.grants };

	tell_daemon(worker_of(l), &news);
}

static void link_ended(struct xch_link *l, int err)
{
	struct xch_news news = { .type = XCH_NEWS_ENDED, .err = err };

	tell_daemon(worker_of(l), &news);
	xdc_loop_stop(&worker_of(l)->loop);
}

static void link_asked(struct xch_link *l, struct xch_channel *ch)
{
	tell_of_channel(ch, l, XCH_NEWS_ASKED, 0);
}

static void link_opened(struct xch_link *l, struct xch_channel *ch)
{
	tell_of_channel(ch, l, XCH_NEWS_OPENED, 0);
}

static void link_closed(struct xch_link *l, struct xch_channel *ch, int err)
{
	tell_of_channel(ch, l, XCH_NEWS_CLOSED, err);
}

static const struct xch_link_ops link_ops = {
	.ready = link_ready,
	.ended = link_ended,
	.asked = link_asked,
	.opened = link_opened,
	.closed = link_closed,
};

static void *map_pages(int fd, uint64_t at, uint32_t pages, int prot)
{
	void *p = mmap(NULL, (size_t)pages * XCH_PAGE, prot, MAP_SHARED, fd,
		       (off_t)at);

	return p == MAP_FAILED ? NULL : p;
}

/* The mappings stay until the process ends */
static int map_ring(struct worker *w, int fd, const struct xch_order_link *o)
{
	struct xch_ring_memory *m = &w->memory;
	unsigned int i;

	if (!o->pages || o->pages > XCH_RING_PAGES_MAX)
		return -EINVAL;
	m->pages = o->pages;
	m->control = map_pages(fd, o->control_at, 1, PROT_READ | PROT_WRITE);
	for (i = 0; i < 2; i++)
		m->bytes[i] = map_pages(fd, o->bytes_at[i], o->pages,
					i == o->role ? PROT_READ | PROT_WRITE
						     : PROT_READ);
	return m->control && m->bytes[0] && m->bytes[1] ? 0 : -ENOMEM;
}

static int open_driver(struct worker *w, int fd, const struct xch_order_link *o)
{
	struct xen_dmabuf_info info;
	int err;

	w->driver.ops = &xch_driver_ops_xen;
	w->driver.domid = o->domid;
	w->driver.revocable = o->revocable;
	err = xendmabuf_open_fd(fd, &w->driver.dmabuf);
	if (!err && !xendmabuf_info(w->driver.dmabuf, &info, sizeof(info)))
		w->grants = xch_driver_grants(&info);
	return err;
}

/*
 * Without the page map, a change of the memory could not be seen, and without the list
 * of what was made there would be no end of it: copy
 */
static bool open_maker(struct worker *w, int udmabuf,
		       const struct xch_order_link *o)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int err = pagemap < 0 ? -errno : xch_made_init(&w->maker.made);

	if (err) {
		xdc_log(XDC_WARNING,
			"/proc/self: %s. Memory is copied, not shared",
			strerror(-err));
		if (pagemap >= 0)
			close(pagemap);
		close(udmabuf);
		return false;
	}
	xch_memory_maker_init(&w->maker, udmabuf, pagemap, o->udmabuf_max);
	return true;
}

/* The descriptors that need not come, in the order of their names */
static int take_optional(struct worker *w, struct xch_order_link *o,
			 const int *fds)
{
	int err = 0;

	w->idle_dmabuf = -1;
	if (o->driver)
		err = open_driver(w, *fds++, o);
	if (o->idle)
		w->idle_dmabuf = *fds++;
	if (o->udmabuf)
		o->udmabuf = open_maker(w, *fds++, o);
	return err;
}

static int start_link(struct worker *w, const struct xch_order_link *o)
{
	struct xch_link_config config = {
		.hub = {
			.role = o->role,
			.driver = o->driver ? &w->driver : NULL,
			.buffer_pages = o->buffer_pages,
			.total_pages = o->total_pages,
			.buffers = o->buffers,
			.channels = o->channels,
			.fences = o->fences,
			.grants = w->grants,
			.files = o->files,
			.max_copy = o->max_copy,
			.linger = o->linger,
			.sync_timeout = o->sync_timeout,
			.maker = o->udmabuf ? &w->maker : NULL,
			.idle_dmabuf = w->idle_dmabuf,
		},
		.nonce = o->nonce,
		.hello_timeout = o->hello_timeout,
		.ping_after = o->ping_after,
		.hung_after = o->hung_after,
	};

	snprintf(config.hub.peer, sizeof(config.hub.peer), "%.*s",
		 XCH_ORDER_PEER - 1, o->peer);
	if (o->evtchn)
		xch_wakeup_evtchn(&w->wakeup);
	else
		xch_wakeup_eventfd(&w->wakeup);
	w->wakeup.port = o->port;
	return xch_link_init(&w->link, &w->loop, &w->memory, &w->wakeup.event,
			     &config, &link_ops);
}

/* Waits for the first order, and does nothing else yet */
static int receive_first(struct worker *w, struct xch_order *order, int *fds,
			 unsigned int *nr_fds)
{
	struct pollfd p = { .fd = w->control.fd, .events = POLLIN };
	int err;

	if (poll(&p, 1, -1) < 0)
		return -errno;
	err = xch_order_receive(w->control.fd, order, fds, nr_fds);
	if (!err && order->type != XCH_ORDER_LINK) {
		xdc_close_all(fds, nr_fds);
		err = -EPROTO;
	}
	return err;
}

static int begin_link(struct worker *w)
{
	int fds[XCH_ORDER_FDS];
	struct xch_order order;
	unsigned int nr_fds;
	int err;

	err = receive_first(w, &order, fds, &nr_fds);
	if (err)
		return err;
	w->wakeup.event.fd = fds[XCH_ORDER_EVENT];
	w->wakeup.notify = fds[XCH_ORDER_NOTIFY];
	err = map_ring(w, fds[XCH_ORDER_RING], &order.link);
	close(fds[XCH_ORDER_RING]);
	if (!err)
		err = take_optional(w, &order.link, fds + XCH_ORDER_DRIVER);
	if (!err)
		err = start_link(w, &order.link);
	/* from here on it reads what the peer says */
	if (!err)
		err = xch_sandbox_enter();
	return err;
}

/* What the configuration and the program have said of a channel */
static int set_up_channel(struct worker *w, struct xch_channel *ch,
			  const struct xch_order *o, int notifier)
{
	ch->rules = o->rules;
	ch->read_only = o->read_only;
	ch->late = o->late;
	ch->carries_fds = o->rules.fds;
	if (!o->notifier)
		return 0;
	return xch_notifier_create(&w->link.hub.notifiers, notifier,
				   o->rules.fds & XCH_FDS_MEMORY, o->read_only,
				   &ch->notifier);
}

static void connect_channel(struct worker *w, const struct xch_order *o,
			    const int *fds)
{
	struct xch_open open = { .type = o->channel_type };
	struct xch_news news = { .type = XCH_NEWS_CLOSED, .token = o->token };
	struct xch_channel *ch;

	strcpy(open.service, o->service);
	news.err = xch_channels_open(&w->link.hub.channels, fds[0], &open, &ch);
	if (news.err) {
		if (o->notifier)
			close(fds[1]);
		tell_daemon(w, &news);
		return;
	}
	ch->token = o->token;
	news.err = set_up_channel(w, ch, o, fds[1]);
	if (news.err)
		xch_channel_reset(ch, news.err);
}

static void accept_channel(struct worker *w, const struct xch_order *o,
			   const int *fds)
{
	struct xch_channel *ch =
		xch_channels_find(&w->link.hub.channels, o->channel);
	int err;

	/* the peer may have given up meanwhile */
	if (!ch || ch->state != XCH_ASKED || ch->open.parent) {
		close(fds[0]);
		if (o->notifier)
			close(fds[1]);
		return;
	}
	err = set_up_channel(w, ch, o, fds[1]);
	if (!err) {
		xch_channel_accept(ch, fds[0]);
		return;
	}
	close(fds[0]);
	xch_channel_refuse(ch, err);
}

static void refuse_channel(struct worker *w, const struct xch_order *o)
{
	struct xch_channel *ch =
		xch_channels_find(&w->link.hub.channels, o->channel);

	if (ch && !ch->open.parent)
		xch_channel_refuse(ch, o->err < 0 ? o->err : -EACCES);
}

static void tell_status(struct worker *w)
{
	const struct xch_link *l = &w->link;
	struct xch_news news = {
		.type = XCH_NEWS_STATUS,
		.bytes_sent = l->bytes_out,
		.bytes_received = l->bytes_in,
		.hung = l->hung,
		.channels = l->hub.channels.nr,
		.mapped = l->hub.mapped.buffers,
		.mapped_pages = l->hub.mapped.total,
		.granted = l->hub.granted.buffers,
		.granted_pages = l->hub.granted.total,
	};

	tell_daemon(w, &news);
}

static void tell_of_life(struct worker *w)
{
	struct xch_news news = { .type = XCH_NEWS_PONG };

	tell_daemon(w, &news);
}

static void carry_out(struct worker *w, const struct xch_order *o,
		      const int *fds)
{
	switch (o->type) {
	case XCH_ORDER_CONNECT:
		connect_channel(w, o, fds);
		break;
	case XCH_ORDER_ACCEPT:
		accept_channel(w, o, fds);
		break;
	case XCH_ORDER_REFUSE:
		refuse_channel(w, o);
		break;
	case XCH_ORDER_STATUS:
		tell_status(w);
		break;
	case XCH_ORDER_PING:
		tell_of_life(w);
		break;
	default:
		xdc_loop_fail(&w->loop, -EPROTO);
	}
}

static void control_ready(struct xdc_source *s, uint32_t events)
{
	struct worker *w = container_of(s, struct worker, control);
	int fds[XCH_ORDER_FDS];
	struct xch_order order;
	unsigned int i, nr_fds;
	int err = 0;

	if (events & EPOLLOUT)
		send_waiting(w);
	for (i = 0; i < ORDERS_A_TURN && !w->loop.stop; i++) {
		err = xch_order_receive(s->fd, &order, fds, &nr_fds);
		if (err)
			break;
		if (order.type == XCH_ORDER_LINK) {
			/* there is one already */
			xdc_close_all(fds, &nr_fds);
			err = -EPROTO;
			break;
		}
		carry_out(w, &order, fds);
	}
	if (err && err != -EAGAIN)
		xdc_loop_fail(&w->loop, err);
}

static void send_last(struct worker *w)
{
	struct pollfd p = { .fd = w->control.fd, .events = POLLOUT };

	while (w->nr_news) {
		if (poll(&p, 1, LAST_NEWS) != 1)
			return;
		send_waiting(w);
		if (w->loop.err)
			return;
	}
}

static int serve_link(struct worker *w)
{
	int err;

	w->control.ready = control_ready;
	err = xdc_loop_add(&w->loop, &w->control, EPOLLIN);
	if (!err)
		err = xdc_loop_run(&w->loop);
	send_last(w);
	xch_link_fini(&w->link);
	/* the daemon has closed its end: that is how it ends a link */
	return err == -EPIPE || err == -ECONNRESET ? 0 : err;
}

/* Without a daemon the descriptor may be anything, or what is opened next */
static bool is_control(int fd)
{
	socklen_t len = sizeof(int);
	int type = 0;

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
	       type == SOCK_SEQPACKET;
}

int xch_worker_run(int control)
{
	static struct worker worker;
	struct worker *w = &worker;
	int err;

	if (!is_control(control)) {
		xdc_log(XDC_ERROR,
			"cannot begin a link: xen-channeld runs this command by itself");
		return 1;
	}
	memset(w, 0, sizeof(*w));
	TAILQ_INIT(&w->items);
	w->control.fd = control;
	w->wakeup.notify = w->wakeup.event.fd = -1;
	signal(SIGPIPE, SIG_IGN);
	/* every attachment and every buffer takes one or two */
	xdc_daemon_raise_files();
	err = xch_pipe_prepare();
	if (!err)
		err = xdc_loop_init(&w->loop);
	if (!err)
		err = begin_link(w);
	if (err) {
		xdc_log(XDC_ERROR, "cannot begin a link: %s", strerror(-err));
	} else {
		err = serve_link(w);
		if (err)
			xdc_log(XDC_ERROR, "%s: the daemon's orders: %s",
				w->link.hub.config.peer, strerror(-err));
	}
	close(control);
	return err ? 1 : 0;
}
