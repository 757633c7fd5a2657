// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "common/container_of.h"
#include "link/link.h"
#include "link/traffic.h"

/* Frames that are handled before others of this process get their turn */
#define FRAMES_A_TURN 64
/* A frame's header tells how many bytes follow */
#define HEADER XCH_FRAME_HEADER

static struct xch_link *link_of(struct xch_hub *hub)
{
	return container_of(hub, struct xch_link, hub);
}

static struct xch_link *link_of_channel(struct xch_channel *ch)
{
	return link_of(container_of(ch->set, struct xch_hub, channels));
}

static void hub_wake(struct xch_hub *hub)
{
	struct xch_link *l = link_of(hub);

	if (!l->ended)
		xdc_loop_later(l->loop, &l->work);
}

static void hub_asked(struct xch_channel *ch)
{
	link_of_channel(ch)->ops->asked(link_of_channel(ch), ch);
}

static void hub_opened(struct xch_channel *ch)
{
	link_of_channel(ch)->ops->opened(link_of_channel(ch), ch);
}

static void hub_closed(struct xch_channel *ch, int err)
{
	link_of_channel(ch)->ops->closed(link_of_channel(ch), ch, err);
}

static const struct xch_hub_ops hub_ops = {
	.wake = hub_wake,
	.asked = hub_asked,
	.opened = hub_opened,
	.closed = hub_closed,
};

void xch_link_end(struct xch_link *l, int err)
{
	if (l->ended)
		return;
	l->ended = true;
	xdc_loop_remove(l->loop, &l->source);
	xdc_loop_cancel(l->loop, &l->work);
	xdc_timer_at(&l->timer, 0);
	xch_channels_fini(&l->hub.channels, err);
	xch_notifiers_fini(&l->hub.notifiers);
	l->ops->ended(l, err);
}

void xch_link_pause(struct xch_link *l, bool pause)
{
	if (l->paused == pause || l->ended)
		return;
	l->paused = pause;
	if (!pause)
		xdc_loop_later(l->loop, &l->work);
}

static struct xch_hello our_hello(const struct xch_link *l)
{
	const struct xch_hub_config *c = &l->config.hub;

	return (struct xch_hello){
		.version_min = XCH_VERSION_MIN,
		.version_max = XCH_VERSION_MAX,
		.frame_max = XCH_FRAME_MAX,
		.features = c->driver ? XCH_FEATURE_BUFFERS : 0,
		.nonce = l->config.nonce,
		.buffer_pages = c->buffer_pages,
		.total_pages = c->total_pages,
		.buffers = c->buffers,
		.channels = c->channels,
		.fences = c->fences,
		.grants = c->grants,
	};
}

static int receive_hello(struct xch_link *l, const struct xch_frame *f)
{
	struct xch_hello ours = our_hello(l);
	struct xch_terms terms;
	int err;

	if (l->heard_hello || xch_parse_hello(f, &l->hello))
		return -EPROTO;
	err = xch_hello_agree(&ours, &l->hello, &terms);
	if (err)
		return err;
	l->heard_hello = true;
	xdc_timer_in(&l->timer, l->config.ping_after);
	xch_traffic_start(&l->hub, &l->hello, &terms);
	l->ops->ready(l);
	return 0;
}

static int receive_pong(struct xch_link *l, const struct xch_frame *f)
{
	if (!l->ping_open || f->arg != l->ping)
		return -EPROTO;
	l->ping_open = false;
	return 0;
}

static int receive_frame(struct xch_link *l)
{
	struct xch_frame f;
	int ret = xch_frame_parse(l->in, l->in_fill, &f);

	if (ret <= 0)
		return ret;
	l->heard = xdc_now();
	l->hung = false;
	if (f.type == XCH_HELLO)
		return receive_hello(l, &f);
	if (!l->heard_hello)
		return -EPROTO;
	switch (f.type) {
	case XCH_PING:
		/* of a flood only the last is answered */
		l->pong = f.arg;
		l->pong_due = true;
		return 0;
	case XCH_PONG:
		return receive_pong(l, &f);
	default:
		return xch_traffic_receive(&l->hub, &f);
	}
}

/* More of the frame that is being read: 1: it is complete, 0: not yet */
static int fill_frame(struct xch_link *l)
{
	ssize_t n;
	int len;

	while (l->in_fill < l->in_need) {
		n = xch_ring_read(&l->ring, l->in + l->in_fill,
				  l->in_need - l->in_fill);
		if (n <= 0)
			return (int)n;
		l->in_fill += (size_t)n;
		l->bytes_in += (uint64_t)n;
		if (l->in_fill != HEADER || l->in_need != HEADER)
			continue;
		len = xch_frame_length(l->in, XCH_FRAME_MAX);
		if (len < 0)
			return len;
		l->in_need = (size_t)len;
	}
	return 1;
}

/* 1: there may be more, 0: the ring is empty, or why the link ends */
static int read_frames(struct xch_link *l)
{
	unsigned int i;
	int ret;

	for (i = 0; i < FRAMES_A_TURN && !l->ended; i++) {
		if (l->paused)
			return 0;
		ret = fill_frame(l);
		if (ret <= 0)
			return ret;
		ret = receive_frame(l);
		if (ret)
			return ret;
		l->in_fill = 0;
		l->in_need = HEADER;
	}
	return 1;
}

static size_t put_next(struct xch_link *l)
{
	struct xch_hello hello = our_hello(l);

	if (!l->said_hello) {
		l->said_hello = true;
		return xch_put_hello(l->out, &hello);
	}
	if (l->pong_due) {
		l->pong_due = false;
		return xch_put_plain(l->out, XCH_PONG, 0, l->pong);
	}
	if (l->ping_due) {
		l->ping_due = false;
		l->ping_open = true;
		return xch_put_plain(l->out, XCH_PING, 0, ++l->ping);
	}
	return l->heard_hello ? xch_traffic_next(&l->hub, l->out) : 0;
}

/*
 * 1: the ring is full, 0: it is not, or why the link ends.  @more: there may be
 * more to write
 */
static int write_frames(struct xch_link *l, bool *more)
{
	unsigned int i;
	ssize_t n;

	*more = false;
	/* the peer may read as fast as this end writes */
	for (i = 0; i < FRAMES_A_TURN; i++) {
		if (l->out_at == l->out_len) {
			l->out_at = 0;
			l->out_len = put_next(l);
			if (!l->out_len)
				return 0;
		}
		n = xch_ring_write(&l->ring, l->out + l->out_at,
				   l->out_len - l->out_at);
		if (n < 0)
			return (int)n;
		l->out_at += (size_t)n;
		l->bytes_out += (uint64_t)n;
		if (l->out_at < l->out_len)
			return 1;
	}
	*more = true;
	return 0;
}

/* What has to be done before this end sleeps; true: it must not */
static int prepare_sleep(struct xch_link *l, bool full)
{
	int bytes = l->paused ? 0 : xch_ring_await_bytes(&l->ring);
	int room = full && bytes >= 0 ? xch_ring_await_room(&l->ring) : 0;

	return bytes < 0 ? bytes : room < 0 ? room : bytes || room;
}

/*
 * The peer's end clears its live byte, or its kernel does so when it dies.  That may
 * be before this end first looks: who has said HELLO has lived.
 */
static int look_at_peer(struct xch_link *l)
{
	bool lives = xch_ring_peer_lives(&l->ring);
	bool died = (l->seen || l->heard_hello) && !lives;

	l->seen |= lives;
	return died ? -EPIPE : 0;
}

static void serve_link(struct xdc_work *w)
{
	struct xch_link *l = container_of(w, struct xch_link, work);
	bool met = l->heard_hello, more_out = false;
	int gone = look_at_peer(l), more, full, err;

	/* what it has said before its end is still read */
	more = read_frames(l);
	if (l->ended)
		return;
	full = more < 0 ? more : write_frames(l, &more_out);
	if (l->ended)
		return;
	if (xch_ring_flush(&l->ring))
		l->event->notify(l->event);
	err = full < 0 ? full : prepare_sleep(l, full);
	if (err < 0 || (gone && !more && !l->paused))
		xch_link_end(l, err < 0 ? err : gone);
	else if (err > 0 || more > 0 || more_out || met != l->heard_hello)
		xdc_loop_later(l->loop, &l->work);
	else
		/* what the frames just read gave reason to write is written */
		xdc_loop_cancel(l->loop, &l->work);
}

static void event_ready(struct xdc_source *s, uint32_t events)
{
	struct xch_link *l = container_of(s, struct xch_link, source);

	l->event->clear(l->event);
	xdc_loop_later(l->loop, &l->work);
}

static void timer_fired(struct xdc_timer *t)
{
	struct xch_link *l = container_of(t, struct xch_link, timer);
	uint64_t silence = xdc_now() - l->heard;

	if (!l->heard_hello) {
		xch_link_end(l, -ETIMEDOUT);
		return;
	}
	l->hung = l->ping_open && silence >= l->config.hung_after;
	if (!l->ping_open && silence >= l->config.ping_after)
		l->ping_due = true;
	xdc_loop_later(l->loop, &l->work);
	xdc_timer_in(t, l->config.ping_after);
}

int xch_link_init(struct xch_link *l, struct xdc_loop *loop,
		  const struct xch_ring_memory *memory, struct xch_event *event,
		  const struct xch_link_config *config,
		  const struct xch_link_ops *ops)
{
	int err;

	memset(l, 0, sizeof(*l));
	l->loop = loop;
	l->config = *config;
	l->ops = ops;
	l->event = event;
	l->in_need = HEADER;
	l->heard = xdc_now();
	l->work.run = serve_link;
	l->source.fd = event->fd;
	l->source.ready = event_ready;
	err = xch_ring_attach(&l->ring, memory, config->hub.role);
	if (err)
		return err;
	err = xdc_loop_add(loop, &l->source, EPOLLIN);
	if (err) {
		xch_ring_detach(&l->ring);
		return err;
	}
	xch_traffic_init(&l->hub, loop, &config->hub, &hub_ops);
	xdc_timer_init(loop, &l->timer, timer_fired);
	xdc_timer_in(&l->timer, config->hello_timeout);
	xdc_loop_later(loop, &l->work);
	return 0;
}

void xch_link_fini(struct xch_link *l)
{
	l->ended = true;
	xdc_loop_remove(l->loop, &l->source);
	xdc_loop_cancel(l->loop, &l->work);
	xdc_timer_fini(&l->timer);
	xch_traffic_fini(&l->hub, -EPIPE);
	xch_ring_detach(&l->ring);
	/* it sleeps perhaps */
	l->event->notify(l->event);
}
