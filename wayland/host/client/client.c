// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/container_of.h"
#include "host/client/client.h"
#include "host/client/events.h"
#include "host/client/globals.h"
#include "host/client/keymap.h"
#include "host/client/requests.h"
#include "host/clipboard/clipboard.h"
#include "host/windows/buffers.h"
#include "host/windows/colour.h"
#include "wire/socket.h"

/* Records of one program that are handled before the next program's turn */
#define RECORDS_A_TURN 16
/* Bytes that wait for the compositor before the guest is not read any more */
#define COMPOSITOR_FULL (64U << 10)
/* One record may grow on its way: each new window gets its guest's name */
#define COMPOSITOR_MAX (2U << 20)
/* A guest that leaves more unread is disconnected, as compositors do it */
#define GUEST_MAX (4U << 20)
/* The kernel does not tell when either end has read descriptors */
#define HELD_NS (10 * XDC_NS_PER_MS)

static struct xdc_bucket complaints;

static void log_end(struct xwl_client *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void log_end(struct xwl_client *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	xdc_vlog(XDC_WARNING, &complaints, c->bridge.policy->guest, fmt, args);
	va_end(args);
}

static int send_to_compositor(struct xwl_bridge *b, struct xwl_message *m)
{
	struct xwl_client *c = container_of(b, struct xwl_client, bridge);
	int err = xwl_stream_send(&c->stream, m);

	if (!err)
		xdc_loop_later(c->loop, &c->flush);
	else
		xdc_reason_set(&b->why, err,
			       "cannot send to the compositor: %s",
			       strerror(-err));
	return err;
}

static int send_to_guest(struct xwl_bridge *b, struct xwl_message *m)
{
	struct xwl_client *c = container_of(b, struct xwl_client, bridge);
	int err = xwl_link_message(&c->link, m);

	if (!err)
		xdc_loop_later(c->loop, &c->flush);
	else if (err == -ENOBUFS)
		xdc_reason_set(&b->why, err,
			       "the guest does not read its events");
	else
		xdc_reason_set(&b->why, err, "cannot send to the guest: %s",
			       strerror(-err));
	return err;
}

static int start_transfer(struct xwl_bridge *b, int from, int to)
{
	struct xwl_client *c = container_of(b, struct xwl_client, bridge);

	return xwl_transfer_start(c->loop, b->account, &c->transfers, from, to);
}

static void readers_gone(void *owner, uint32_t buffer, uint32_t serial)
{
	struct xwl_client *c = owner;

	if (xwl_buffers_idle(&c->bridge, buffer, serial))
		xwl_client_end(c, c->bridge.why.text);
}

static int await_readers(struct xwl_bridge *b, int fd,
			 const struct xwl_object *buffer)
{
	struct xwl_client *c = container_of(b, struct xwl_client, bridge);
	int err = xwl_readers_await(c->loop, &c->readers, fd, buffer,
				    readers_gone, c);

	return err ? xdc_reason_set(&b->why, err,
				    "cannot wait for a buffer: %s",
				    strerror(-err))
		   : 0;
}

static void wake_client(struct xwl_bridge *b)
{
	struct xwl_client *c = container_of(b, struct xwl_client, bridge);

	xdc_loop_later(c->loop, &c->flush);
}

static const struct xwl_bridge_ops bridge_ops = {
	.to_compositor = send_to_compositor,
	.to_guest = send_to_guest,
	.transfer = start_transfer,
	.await = await_readers,
	.wake = wake_client,
};

/* What has come in the meantime, up to a second's worth */
static void fill_tokens(struct xwl_client *c)
{
	uint64_t rate = c->bridge.policy->max[XWL_RATE], now = xdc_now();
	uint64_t passed = now - c->filled;

	if (passed > XDC_NS_PER_S)
		passed = XDC_NS_PER_S;
	c->filled = now;
	c->tokens += (int64_t)(passed * rate / XDC_NS_PER_S);
	if (c->tokens > (int64_t)rate)
		c->tokens = (int64_t)rate;
}

static bool may_send(const struct xwl_client *c)
{
	return c->bridge.ready && c->tokens > 0 &&
	       c->stream.out_len < COMPOSITOR_FULL &&
	       c->stream.out_fds.nr < XWL_FDS_MAX / 2 &&
	       c->link.waiting_fds < XWL_FDS_MAX / 2;
}

static void watch_files(struct xwl_client *c)
{
	uint32_t guest = may_send(c) ? EPOLLIN : 0;
	uint32_t compositor = EPOLLIN;

	if (!TAILQ_EMPTY(&c->link.packets) && !c->link.unread.held)
		guest |= EPOLLOUT;
	if (c->stream.out_len && !c->stream.unread.held)
		compositor |= EPOLLOUT;
	xdc_loop_change(c->loop, &c->guest, guest);
	xdc_loop_change(c->loop, &c->compositor, compositor);
	if (c->link.unread.held || c->stream.unread.held)
		xdc_timer_in(&c->wait, HELD_NS);
	else if (c->tokens <= 0)
		xdc_timer_in(&c->wait, (uint64_t)(1 - c->tokens) *
					       XDC_NS_PER_S /
					       c->bridge.policy->max[XWL_RATE]);
}

static int flush_files(struct xwl_client *c)
{
	int err = xwl_stream_flush(&c->stream);

	/* what it sent last, such as an error, can still be read */
	if (err && err != -EAGAIN && !xwl_socket_closed(err))
		return xdc_reason_set(&c->bridge.why, err,
				      "cannot write to the compositor: %s",
				      strerror(-err));
	err = xwl_link_flush(&c->link);
	if (err && err != -EAGAIN)
		xdc_reason_set(&c->bridge.why, err,
			       "cannot write to the guest: %s", strerror(-err));
	return err == -EAGAIN ? 0 : err;
}

static void flush_run(struct xdc_work *w)
{
	struct xwl_client *c = container_of(w, struct xwl_client, flush);
	int err = xwl_clipboard_tell(&c->bridge);

	if (!err)
		err = flush_files(c);
	if (err)
		xwl_client_end(c, err == -EPIPE ? NULL : c->bridge.why.text);
	else
		watch_files(c);
}

static int take_record(struct xwl_client *c, const struct xwl_record *r)
{
	uint32_t count = 0;
	int err;

	if (!c->greeted) {
		if (r->type != XWL_HELLO || r->arg != XWL_VERSION)
			return xwl_bridge_refuse(
				&c->bridge,
				"the guest's half has protocol version %u, the host's half %u: update xen-wayland in the older domain",
				r->arg, XWL_VERSION);
		c->greeted = true;
		return 0;
	}
	err = xwl_requests_take(&c->bridge, r, &c->link.in_fds, &count);
	c->tokens -= count;
	return err;
}

static int read_guest(struct xwl_client *c)
{
	struct xwl_record r;
	unsigned int i;
	int err;

	fill_tokens(c);
	for (i = 0; i < RECORDS_A_TURN && may_send(c); i++) {
		err = xwl_link_receive(&c->link, &r, &c->bridge.why);
		if (!err)
			err = take_record(c, &r);
		if (err)
			return err;
	}
	return 0;
}

/* After each turn, also where nothing was sent: it may be listened to again */
static void end_turn(struct xwl_client *c, int err)
{
	if (err && err != -EAGAIN)
		xwl_client_end(c, err == -EPIPE ? NULL : c->bridge.why.text);
	else
		xdc_loop_later(c->loop, &c->flush);
}

static void guest_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_client *c = container_of(s, struct xwl_client, guest);
	int err = 0;

	if (events & EPOLLIN)
		err = read_guest(c);
	else if (events & (EPOLLHUP | EPOLLERR))
		err = -EPIPE;
	end_turn(c, err);
}

static int take_events(struct xwl_client *c)
{
	const uint8_t *data;
	struct xwl_header h;
	int err;

	/* all that is in the buffer: the socket tells of what comes later alone */
	for (;;) {
		err = xwl_stream_peek(&c->stream, &h, &data);
		if (err == -EPROTO)
			return xdc_reason_set(
				&c->bridge.why, err,
				"invalid message size from the compositor");
		if (!err)
			err = xwl_events_take(&c->bridge, &h, data,
					      &c->stream.in_fds);
		if (err)
			return err;
		xwl_stream_take(&c->stream, &h);
	}
	return 0;
}

static void compositor_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_client *c = container_of(s, struct xwl_client, compositor);
	int err = 0;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		err = xwl_stream_read(&c->stream);
		if (!err)
			err = take_events(c);
		else if (err != -EAGAIN)
			xdc_reason_set(
				&c->bridge.why, err,
				"the compositor has closed the connection");
	}
	if (err && err != -EAGAIN)
		xwl_client_end(c, c->bridge.why.text);
	else
		xdc_loop_later(c->loop, &c->flush);
}

static void wait_fired(struct xdc_timer *t)
{
	struct xwl_client *c = container_of(t, struct xwl_client, wait);

	fill_tokens(c);
	xdc_loop_later(c->loop, &c->flush);
}

static void send_last_words(struct xwl_client *c, const char *why)
{
	struct xwl_record r = xwl_record_ended(why);

	xwl_link_flush(&c->link);
	if (!xwl_link_send(&c->link, &r, -1))
		xwl_link_flush(&c->link);
}

void xwl_client_end(struct xwl_client *c, const char *why)
{
	if (c->ended)
		return;
	c->ended = true;
	if (why) {
		log_end(c, "program disconnected: %s", why);
		xwl_account_ended(c->bridge.account, why);
		send_last_words(c, why);
	}
	c->gone(c);
}

void xwl_client_destroy(struct xwl_client *c)
{
	xdc_loop_cancel(c->loop, &c->flush);
	xdc_timer_fini(&c->wait);
	xdc_loop_remove(c->loop, &c->guest);
	xdc_loop_remove(c->loop, &c->compositor);
	xwl_link_fini(&c->link);
	xwl_stream_fini(&c->stream);
	xwl_transfers_end(&c->transfers);
	xwl_readers_forget(&c->readers);
	xwl_clipboard_fini(&c->bridge);
	xwl_colour_fini(&c->bridge);
	xwl_keymap_fini(&c->bridge);
	xwl_bridge_fini(&c->bridge);
	free(c);
}

static int start_client(struct xwl_client *c)
{
	static const struct xwl_record hello = { .type = XWL_HELLO,
						 .arg = XWL_VERSION };
	int err = xdc_loop_add(c->loop, &c->guest, 0);

	if (!err)
		err = xdc_loop_add(c->loop, &c->compositor, EPOLLIN);
	if (!err)
		err = xwl_link_send(&c->link, &hello, -1);
	if (!err)
		err = xwl_globals_start(&c->bridge);
	if (!err)
		xdc_loop_later(c->loop, &c->flush);
	return err;
}

int xwl_client_create(struct xdc_loop *loop, const struct xwl_policy *policy,
		      struct xwl_account *account, int channel, int compositor,
		      struct xwl_client **out)
{
	struct xwl_client *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (c)
		err = xwl_bridge_init(&c->bridge, policy, account, &bridge_ops);
	if (!c || err) {
		close(channel);
		close(compositor);
		free(c);
		return err;
	}
	c->loop = loop;
	LIST_INIT(&c->transfers);
	LIST_INIT(&c->readers);
	c->flush.run = flush_run;
	c->guest.ready = guest_ready;
	c->compositor.ready = compositor_ready;
	c->guest.fd = channel;
	c->compositor.fd = compositor;
	xdc_timer_init(loop, &c->wait, wait_fired);
	c->tokens = policy->max[XWL_RATE];
	c->filled = xdc_now();
	xwl_link_init(&c->link, channel, GUEST_MAX);
	xwl_stream_init(&c->stream, compositor, COMPOSITOR_MAX);
	c->link.unread.limited = c->stream.unread.limited = true;
	err = start_client(c);
	if (err) {
		xwl_client_destroy(c);
		return err;
	}
	*out = c;
	return 0;
}
