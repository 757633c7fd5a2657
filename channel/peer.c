// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "common/store.h"
#include "device.h"
#include "first-order.h"
#include "peer.h"

/*
 * A peer may write in xenstore as often as it likes, and each look takes some
 * requests of xenstored's
 */
#define LOOK_PAUSE (100 * XDC_NS_PER_MS)
/* for one that goes on and on, after so many looks */
#define LOOK_PAUSE_MAX (2 * XDC_NS_PER_S)
#define LOOKS_QUICK 10U
/* Not every end of a domain or daemon is told to every domain */
#define LOOK_AGAIN (5 * XDC_NS_PER_S)
/* Between two tries to link, after failures */
#define DELAY_MAX (60 * XDC_NS_PER_S)
/* A link that lasts so long was no failure */
#define LASTED (10 * XDC_NS_PER_S)

const char *xch_peer_config_name(const struct xch_peer *p)
{
	return p->domain.name[0] ? p->domain.name : NULL;
}

const char *xch_peer_state(const struct xch_peer *p)
{
	static const char *const names[] = {
		[XCH_PEER_WAITING] = "waiting",
		[XCH_PEER_OFFERED] = "offered",
		[XCH_PEER_STARTING] = "starting",
		[XCH_PEER_LINKED] = "linked",
	};

	return names[p->state];
}

struct xch_peer *xch_peer_find(const struct xch_daemon *d, uint16_t domid)
{
	struct xch_peer *p;

	LIST_FOREACH(p, &d->peers, link)
		if (p->domain.domid == domid)
			return p;
	return NULL;
}

void xch_peer_log(struct xch_peer *p, enum xdc_level level, const char *fmt,
		  ...)
{
	va_list args;

	va_start(args, fmt);
	xdc_vlog(level, &p->bucket, p->label, fmt, args);
	va_end(args);
}

/* A reason that stays is logged once */
static void set_why(struct xch_peer *p, const char *why)
{
	if (!strcmp(p->why, why))
		return;
	snprintf(p->why, sizeof(p->why), "%s", why);
	xch_peer_log(p, XDC_WARNING, "%s", why);
}

static int publish_ours(struct xch_peer *p)
{
	struct xch_daemon *d = p->daemon;
	int err = xch_meeting_write(d->xs, d->self, p->domain.domid, &p->ours);
	char why[XDC_REASON_MAX];

	p->published = !err;
	if (err) {
		snprintf(why, sizeof(why), "cannot write to xenstore: %s",
			 strerror(-err));
		set_why(p, why);
	}
	return err;
}

/* Forget the ring or the link, and say so; what was written is void */
static void start_over(struct xch_peer *p)
{
	bool lost = p->state >= XCH_PEER_STARTING;

	xch_process_stop(&p->process);
	xch_transport_close(&p->transport);
	/*
	 * Another generation for each ring and each link: the client must not take the
	 * last ring for a new one, and the server may not have seen it bound
	 */
	if ((lost || p->role == XCH_SERVER) && xch_meeting_new(&p->ours))
		xdc_loop_fail(&p->daemon->loop, -EIO);
	p->theirs[0] = '\0';
	p->linked_at = 0;
	p->state = XCH_PEER_WAITING;
	publish_ours(p);
	if (lost)
		p->ops->lost(p);
	p->status_answered = p->status_asked;
	p->daemon->status_changed(p->daemon);
}

/* A link that lasted begins a new count of failures; false: it did not */
static bool forgive_failures(struct xch_peer *p)
{
	if (!p->linked_at || xdc_now() - p->linked_at < LASTED)
		return false;
	p->delay = p->daemon->try_delay;
	return true;
}

/* After a failure, each try comes later than the one before */
static void wait_longer(struct xch_peer *p)
{
	p->next_try = xdc_now() + p->delay;
	p->delay = p->delay < DELAY_MAX / 2 ? 2 * p->delay : DELAY_MAX;
	xdc_timer_at(&p->timer, p->next_try);
}

/* The peer is gone, or another one: no failure of the link's, but it has cost a ring */
static void drop_peer(struct xch_peer *p, const char *why)
{
	bool lasted;

	if (p->state == XCH_PEER_WAITING)
		return;
	if (p->state == XCH_PEER_LINKED)
		xch_peer_log(p, XDC_INFO, "link ended: %s", why);
	lasted = forgive_failures(p);
	start_over(p);
	if (!lasted)
		wait_longer(p);
}

void xch_peer_end(struct xch_peer *p, const char *why)
{
	if (p->state == XCH_PEER_WAITING)
		return;
	forgive_failures(p);
	set_why(p, why);
	start_over(p);
	wait_longer(p);
}

static void note_failure(struct xch_peer *p, const char *why)
{
	set_why(p, why);
	wait_longer(p);
}

static void fail_to_start(struct xch_peer *p, int err)
{
	char why[XDC_REASON_MAX];

	snprintf(why, sizeof(why), "cannot start a worker: %s",
		 err == -EBUSY ? "earlier ones have not ended"
			       : strerror(-err));
	note_failure(p, why);
}

static const char *explain_end(int err)
{
	switch (err) {
	case 0:
	case -EPIPE:
		return "link ended: the peer's end is gone";
	case -ETIMEDOUT:
		return "link ended: the peer did not say HELLO";
	case -EPROTO:
		return "link ended: the peer sent what is invalid";
	case -EPROTONOSUPPORT:
		return "link ended: the peer speaks another version";
	default:
		return strerror(-err);
	}
}

static void worker_ended(struct xch_process *process, int err)
{
	struct xch_peer *p = container_of(process, struct xch_peer, process);

	if (p->ended)
		xch_peer_end(p, explain_end(p->ended));
	else if (err == -EPIPE || err == -ECONNRESET)
		xch_peer_end(p, "link ended: its worker has died");
	else if (err == -ETIMEDOUT)
		xch_peer_end(p, "link ended: its worker does not answer");
	else
		xch_peer_end(p, "link ended: its worker said what is invalid");
}

static void link_ready(struct xch_peer *p, bool dmabufs)
{
	const char *without = p->buffers ? "the peer" : "this domain";

	if (p->state != XCH_PEER_STARTING)
		return;
	p->buffers = p->buffers && dmabufs;
	p->state = XCH_PEER_LINKED;
	p->linked_at = xdc_now();
	p->why[0] = '\0';
	p->links++;
	if (p->buffers)
		xch_peer_log(p, XDC_INFO, "linked");
	else
		xch_peer_log(p, XDC_INFO,
			     "linked, for bytes only: %s has no driver "
			     "(/dev/xen/dmabuf)",
			     without);
	if (p->daemon->linked)
		p->daemon->linked(p->daemon);
}

static void worker_news(struct xch_process *process,
			const struct xch_news *news)
{
	struct xch_peer *p = container_of(process, struct xch_peer, process);

	switch (news->type) {
	case XCH_NEWS_READY:
		link_ready(p, news->dmabufs);
		break;
	case XCH_NEWS_ASKED:
		p->ops->asked(p, news);
		break;
	case XCH_NEWS_OPENED:
		p->ops->opened(p, news);
		break;
	case XCH_NEWS_CLOSED:
		p->ops->closed(p, news);
		break;
	case XCH_NEWS_ENDED:
		/* the process ends next */
		p->ended = news->err ? news->err : -EPIPE;
		break;
	case XCH_NEWS_STATUS:
		p->status = *news;
		p->status_answered++;
		p->daemon->status_changed(p->daemon);
		break;
	default:
		break;
	}
}

static const struct xch_process_ops process_ops = {
	.news = worker_news,
	.ended = worker_ended,
};

static struct xch_caps caps_of(const struct xch_peer *p)
{
	struct xch_caps caps;

	xch_config_caps(p->daemon->config, xch_peer_config_name(p),
			p->domain.domid, &caps);
	return caps;
}

static int fill_order(const struct xch_peer *p, const struct xch_transport *t,
		      struct xch_order *order)
{
	struct xch_caps caps = caps_of(p);
	int err = xch_first_order(order, p->daemon->config, &caps, t);

	snprintf(order->link.peer, sizeof(order->link.peer), "%s", p->label);
	order->link.role = p->role;
	order->link.domid = p->domain.domid;
	return err;
}

/* @t is closed here, so that its end is the worker's end */
static int start_worker(struct xch_peer *p, struct xch_transport *t)
{
	struct xch_daemon *d = p->daemon;
	struct xch_order order;
	int fds[XCH_ORDER_FDS], driver, err;
	unsigned int nr = 0;

	err = fill_order(p, t, &order);
	fds[nr++] = t->ring;
	fds[nr++] = t->event;
	fds[nr++] = t->notify;
	driver = err ? -1 : xch_device_open(d, p->domain.domid);
	order.link.driver = driver >= 0;
	order.link.idle = driver >= 0 && d->idle_dmabuf >= 0;
	order.link.udmabuf = driver >= 0 && d->udmabuf >= 0;
	order.link.udmabuf_max = d->udmabuf_max;
	if (order.link.driver)
		fds[nr++] = driver;
	if (order.link.idle)
		fds[nr++] = d->idle_dmabuf;
	if (order.link.udmabuf)
		fds[nr++] = d->udmabuf;
	if (!err)
		err = xch_process_start(&p->process, &d->children, d->program,
					&order, fds, nr, &process_ops);
	xch_device_close(driver);
	xch_transport_close(t);
	if (err)
		return err;
	p->state = XCH_PEER_STARTING;
	p->buffers = order.link.driver;
	p->ended = 0;
	p->linked_at = 0;
	memset(&p->status, 0, sizeof(p->status));
	return 0;
}

/* false: not yet; it will be looked at again */
static bool may_try(struct xch_peer *p)
{
	uint64_t now = xdc_now();

	if (now < p->next_try) {
		xdc_timer_at(&p->timer, p->next_try);
		return false;
	}
	p->next_try = now + p->delay;
	return true;
}

/*
 * The peer can keep the pages of each ring mapped until its domain ends, and the kernel
 * does not tell when it has let go
 */
static bool has_ring_left(struct xch_peer *p)
{
	struct xch_caps caps = caps_of(p);
	char why[XDC_REASON_MAX];

	if (p->rings < caps.max_rings)
		return true;
	snprintf(why, sizeof(why),
		 "it has had %u rings, whose pages it may still map. "
		 "Try: raise max-rings in its [peer]",
		 p->rings);
	note_failure(p, why);
	return false;
}

/* The server's end: a ring for the client's generation */
static void offer_ring(struct xch_peer *p, const struct xch_meeting *theirs)
{
	struct xdc_reason why;

	if (!may_try(p) || !has_ring_left(p))
		return;
	if (!xch_process_may_start(&p->process, &p->daemon->children)) {
		fail_to_start(p, -EBUSY);
		return;
	}
	if (p->daemon->transport->offer(p->domain.domid, &p->transport,
					&p->ours.offer, &why)) {
		note_failure(p, why.text);
		return;
	}
	p->rings++;
	p->ours.offers = true;
	strcpy(p->ours.bound_to, theirs->generation);
	strcpy(p->theirs, theirs->generation);
	p->state = XCH_PEER_OFFERED;
	if (publish_ours(p)) {
		/* the peer has not been told of it */
		p->rings--;
		start_over(p);
		wait_longer(p);
	}
}

static void serve_meeting(struct xch_peer *p, const struct xch_meeting *theirs)
{
	int err;

	if (p->state == XCH_PEER_WAITING)
		offer_ring(p, theirs);
	else if (p->state == XCH_PEER_OFFERED &&
		 !strcmp(theirs->bound_to, p->ours.generation)) {
		err = start_worker(p, &p->transport);
		if (!err)
			return;
		/* not the peer's doing: it must not use up what the peer may have */
		p->rings--;
		start_over(p);
		fail_to_start(p, err);
	} else if (p->state >= XCH_PEER_STARTING &&
		   strcmp(theirs->bound_to, p->ours.generation)) {
		xch_peer_end(p, "link ended: the peer has given it up");
	}
}

/* The client's end: binds what the server has made for it */
static void bind_ring(struct xch_peer *p, const struct xch_meeting *theirs)
{
	struct xch_transport t;
	struct xdc_reason why;
	int err;

	if (!may_try(p))
		return;
	if (p->daemon->transport->bind(p->domain.domid, &theirs->offer, &t,
				       &why)) {
		note_failure(p, why.text);
		return;
	}
	err = start_worker(p, &t);
	if (err) {
		fail_to_start(p, err);
		return;
	}
	strcpy(p->theirs, theirs->generation);
	strcpy(p->ours.bound_to, theirs->generation);
	if (publish_ours(p)) {
		start_over(p);
		wait_longer(p);
	}
}

static void follow_meeting(struct xch_peer *p, const struct xch_meeting *theirs)
{
	if (p->state == XCH_PEER_WAITING && theirs->offers &&
	    !strcmp(theirs->bound_to, p->ours.generation))
		bind_ring(p, theirs);
}

/* Another error is of this domain's own xenstore access, and says nothing of the peer */
static bool is_written_so(int err)
{
	return err == -ENOENT || err == -EPROTO || err == -EPROTONOSUPPORT;
}

static void explain_meeting(struct xch_peer *p, int err)
{
	char why[XDC_REASON_MAX];

	if (err == -ENOENT) {
		p->why[0] = '\0';
	} else if (err == -EPROTONOSUPPORT) {
		set_why(p, "the peer's daemon is of another version");
	} else if (err == -EPROTO) {
		set_why(p, "what the peer has written in xenstore is invalid");
	} else {
		snprintf(why, sizeof(why), "cannot read xenstore: %s",
			 strerror(-err));
		set_why(p, why);
		p->unread = true;
	}
}

static void set_pause(struct xch_peer *p)
{
	if (!p->looked || xdc_now() > p->looked + 2 * p->pause) {
		p->busy = 0;
		p->pause = LOOK_PAUSE;
	} else if (++p->busy > LOOKS_QUICK && p->pause < LOOK_PAUSE_MAX) {
		p->pause *= 2;
	}
}

static void look_at(struct xch_peer *p)
{
	struct xch_daemon *d = p->daemon;
	struct xch_meeting theirs;
	int err;

	set_pause(p);
	p->looked = xdc_now();
	xdc_timer_in(&p->timer, LOOK_AGAIN);
	/* the peer cannot answer what it cannot read */
	if (!p->published && publish_ours(p)) {
		wait_longer(p);
		return;
	}
	err = xch_meeting_read(d->xs, p->domain.domid, d->self, &theirs);
	if (err) {
		if (is_written_so(err))
			drop_peer(p, "the peer's daemon has ended");
		explain_meeting(p, err);
		return;
	}
	if (p->state == XCH_PEER_LINKED || p->unread)
		p->why[0] = '\0';
	p->unread = false;
	if (p->theirs[0] && strcmp(p->theirs, theirs.generation))
		drop_peer(p, "the peer's end has started again");
	if (p->role == XCH_SERVER)
		serve_meeting(p, &theirs);
	else
		follow_meeting(p, &theirs);
}

static void look_work(struct xdc_work *w)
{
	struct xch_peer *p = container_of(w, struct xch_peer, look);
	uint64_t next = p->looked + p->pause;

	if (p->looked && xdc_now() < next)
		xdc_timer_at(&p->timer, next);
	else
		look_at(p);
}

static void timer_fired(struct xdc_timer *t)
{
	look_at(container_of(t, struct xch_peer, timer));
}

void xch_peer_tell(struct xch_peer *p)
{
	xdc_loop_later(&p->daemon->loop, &p->look);
}

void xch_peer_ask_status(struct xch_peer *p)
{
	struct xch_order order = { .type = XCH_ORDER_STATUS };

	if (p->state == XCH_PEER_LINKED &&
	    !xch_process_order(&p->process, &order, NULL, 0))
		p->status_asked++;
}

int xch_peer_create(struct xch_daemon *d, const struct xch_domain *domain)
{
	struct xch_peer *p = calloc(1, sizeof(*p));
	char path[XCH_MEETING_PATH];
	int err;

	if (!p)
		return -ENOMEM;
	p->daemon = d;
	p->ops = d->peer_ops;
	p->domain = *domain;
	if (domain->name[0])
		strcpy(p->label, domain->name);
	else
		snprintf(p->label, sizeof(p->label), "%u", domain->domid);
	p->role = d->self < domain->domid ? XCH_SERVER : XCH_CLIENT;
	p->delay = d->try_delay;
	p->look.run = look_work;
	p->process.control.fd = -1;
	p->process.patience = d->worker_patience;
	xch_transport_init(&p->transport);
	LIST_INIT(&p->sessions);
	xdc_timer_init(&d->loop, &p->timer, timer_fired);
	err = xch_meeting_new(&p->ours);
	xch_meeting_path(path, domain->domid, d->self);
	if (!err)
		err = xdc_store_watch(d->xs, path);
	if (err) {
		free(p);
		return err;
	}
	LIST_INSERT_HEAD(&d->peers, p, link);
	d->nr_peers++;
	/* a failure is a reason of the peer's, and it is tried again */
	if (publish_ours(p))
		wait_longer(p);
	xch_peer_tell(p);
	return 0;
}

void xch_peer_destroy(struct xch_peer *p)
{
	struct xch_daemon *d = p->daemon;
	char path[XCH_MEETING_PATH];

	xch_peer_log(p, XDC_DEBUG, "forgotten");
	xch_process_stop(&p->process);
	xch_transport_close(&p->transport);
	if (p->state >= XCH_PEER_STARTING)
		p->ops->lost(p);
	xch_meeting_path(path, p->domain.domid, d->self);
	xdc_store_unwatch(d->xs, path);
	xch_meeting_remove(d->xs, d->self, p->domain.domid);
	xdc_loop_cancel(&d->loop, &p->look);
	xdc_timer_fini(&p->timer);
	LIST_REMOVE(p, link);
	d->nr_peers--;
	free(p);
	d->status_changed(d);
}
