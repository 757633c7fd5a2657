// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "agent/client.h"
#include "agent/downstream.h"
#include "agent/selection.h"
#include "agent/upstream.h"
#include "common/container_of.h"
#include "common/log.h"
#include "wire/socket.h"

#define RECORDS_A_TURN 32
/* Bytes that wait for one end before the other end is not read any more */
#define FULL (512U << 10)
/* One turn's messages, with the pixels that they bring, fit in between */
#define LINK_MAX (16U << 20)
#define PROGRAM_MAX (4U << 20)
#define PAUSE (100 * XDC_NS_PER_MS)

static void watch_files(struct xwl_program *c)
{
	bool takes = c->link.waiting < FULL && !c->proxy.waiting;
	uint32_t program = takes ? EPOLLIN : 0;
	uint32_t channel = c->stream.out_len < FULL ? EPOLLIN : 0;

	if (c->stream.out_len)
		program |= EPOLLOUT;
	if (!TAILQ_EMPTY(&c->link.packets))
		channel |= EPOLLOUT;
	xdc_loop_change(c->loop, &c->program, program);
	xdc_loop_change(c->loop, &c->channel, channel);
}

/* wl_display.error of code "implementation", the last that a program hears */
static void tell_program(struct xwl_stream *s, const char *why)
{
	struct xwl_message m;

	xwl_message_begin(&wl_display_interface.events[0], XWL_DISPLAY, 0, &m);
	m.args[0].u = XWL_DISPLAY;
	m.args[1].u = WL_DISPLAY_ERROR_IMPLEMENTATION;
	xwl_arg_text(&m.args[2], why);
	if (!xwl_stream_send(s, &m))
		xwl_stream_flush(s);
}

static void end_program(struct xwl_program *c, const char *why)
{
	if (c->ended)
		return;
	c->ended = true;
	if (why) {
		xdc_log(XDC_WARNING, "program %d disconnected: %s", c->pid,
			why);
		tell_program(&c->stream, why);
	}
	c->gone(c);
}

void xwl_program_refuse(int socket, const char *why)
{
	static struct xwl_stream s;

	xwl_stream_init(&s, socket, XWL_MESSAGE_MAX);
	tell_program(&s, why);
	xwl_stream_fini(&s);
}

static void end_turn(struct xwl_program *c, int err)
{
	if (err && err != -EAGAIN)
		end_program(c, c->proxy.why.text);
	else
		xdc_loop_later(c->loop, &c->flush);
}

static int take_messages(struct xwl_program *c)
{
	const uint8_t *data;
	struct xwl_header h;
	int err;

	/* one message may bring many pixels */
	while (c->link.waiting < FULL) {
		err = xwl_stream_peek(&c->stream, &h, &data);
		if (err == -EPROTO)
			return xwl_proxy_fail(&c->proxy,
					      "invalid message size");
		if (!err)
			err = xwl_upstream_take(&c->proxy, &h, data);
		if (err)
			return err;
		xwl_stream_take(&c->stream, &h);
	}
	return 0;
}

/*
 * What had to wait while the channel was full is still in the buffer.  Afterwards no
 * whole message is there, or the channel is full: descriptors do not pile up.
 */
static void take_rest(struct xwl_program *c, bool flushed)
{
	int err = take_messages(c);

	if (err && err != -EAGAIN) {
		end_program(c, c->proxy.why.text);
		return;
	}
	if (flushed && !TAILQ_EMPTY(&c->link.packets))
		xdc_loop_later(c->loop, &c->flush);
	watch_files(c);
}

static void flush_run(struct xdc_work *w)
{
	struct xwl_program *c = container_of(w, struct xwl_program, flush);
	int program, channel;

	if (c->proxy.overrun) {
		end_program(c,
			    "the program does not read its clipboard events");
		return;
	}
	program = xwl_stream_flush(&c->stream);
	if (!program)
		xwl_selection_tell(&c->proxy);
	channel = xwl_link_flush(&c->link);
	if (program && program != -EAGAIN)
		end_program(c, NULL);
	/* the reason for its end may still be read */
	else if (channel && channel != -EAGAIN && !xwl_socket_closed(channel))
		end_program(c, strerror(-channel));
	else
		take_rest(c, !channel);
}

static void program_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_program *c = container_of(s, struct xwl_program, program);
	int err = 0;

	if (events & EPOLLIN) {
		err = xwl_stream_read(&c->stream);
		if (!err)
			err = take_messages(c);
		else if (err == -EMFILE)
			xwl_proxy_fail(&c->proxy, "too many file descriptors");
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		err = -EPIPE;
	}
	if (err == -EPIPE)
		end_program(c, NULL);
	else
		end_turn(c, err);
}

static int read_channel(struct xwl_program *c)
{
	struct xwl_record r;
	unsigned int i;
	int err;

	for (i = 0; i < RECORDS_A_TURN && c->stream.out_len < FULL; i++) {
		err = xwl_link_receive(&c->link, &r, &c->proxy.why);
		if (!err)
			err = xwl_downstream_take(&c->proxy, &r);
		if (err)
			return err;
	}
	return 0;
}

static void take_news(struct xwl_program *c)
{
	if (c->news.fd < 0)
		return;
	c->failure = c->passage.take_news(&c->passage);
	if (!c->failure)
		return;
	xdc_loop_remove(c->loop, &c->news);
	c->news.fd = -1;
}

static void news_ready(struct xdc_source *s, uint32_t events)
{
	take_news(container_of(s, struct xwl_program, news));
}

/* Who sees the channel's end can know why already */
static void explain_end(struct xwl_program *c)
{
	const char *why = NULL;

	take_news(c);
	if (c->failure)
		why = c->passage.explain(c->failure);
	if (why)
		xwl_proxy_fail(&c->proxy, "%s", why);
	else if (c->failure && c->failure != -EPIPE)
		xwl_proxy_fail(
			&c->proxy,
			"the channel to the host's half has failed, and the logs of xen-channeld say why: %s",
			strerror(-c->failure));
	else
		xwl_proxy_fail(&c->proxy,
			       "the host's half has closed the channel");
}

static void channel_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_program *c = container_of(s, struct xwl_program, channel);
	int err = 0;

	if (events & EPOLLIN)
		err = read_channel(c);
	else if (events & (EPOLLHUP | EPOLLERR))
		err = -EPIPE;
	if (err == -EPIPE)
		explain_end(c);
	end_turn(c, err);
}

static void forget_fence(struct xwl_program *c)
{
	xdc_loop_remove(c->loop, &c->fence);
	c->fence.fd = -1;
	c->proxy.waiting = false;
}

/* The request that waits is tried again, in flush_run() */
static void fence_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_program *c = container_of(s, struct xwl_program, fence);

	forget_fence(c);
	xdc_loop_later(c->loop, &c->flush);
}

static int await_fence(struct xwl_proxy *p, int fd)
{
	struct xwl_program *c = container_of(p, struct xwl_program, proxy);
	int err;

	c->fence.fd = fd;
	err = xdc_loop_add(c->loop, &c->fence, EPOLLIN);
	if (err) {
		c->fence.fd = -1;
		return xdc_reason_set(&p->why, err,
				      "cannot wait for a frame: %s",
				      strerror(-err));
	}
	p->waiting = true;
	return 0;
}

static void pause_over(struct xdc_timer *t)
{
	struct xwl_program *c = container_of(t, struct xwl_program, pause);

	c->proxy.waiting = false;
	xdc_loop_later(c->loop, &c->flush);
}

static void pause_program(struct xwl_proxy *p)
{
	struct xwl_program *c = container_of(p, struct xwl_program, proxy);

	p->waiting = true;
	xdc_timer_in(&c->pause, PAUSE);
}

static void end_passage(struct xwl_passage *p)
{
	if (p->end)
		p->end(p);
}

void xwl_program_destroy(struct xwl_program *c)
{
	xdc_loop_cancel(c->loop, &c->flush);
	forget_fence(c);
	xdc_timer_fini(&c->pause);
	xdc_loop_remove(c->loop, &c->program);
	xdc_loop_remove(c->loop, &c->channel);
	xdc_loop_remove(c->loop, &c->news);
	xwl_relays_end(&c->relays);
	if (c->proxy.selections)
		xwl_selections_leave(&c->proxy);
	xwl_proxy_fini(&c->proxy);
	xwl_stream_fini(&c->stream);
	xwl_link_fini(&c->link);
	end_passage(&c->passage);
	free(c);
}

static int start_relay(struct xwl_proxy *p, int from, int to)
{
	struct xwl_program *c = container_of(p, struct xwl_program, proxy);
	int err = xwl_relay_start(c->loop, &c->relays, from, to);

	if (err)
		xdc_log(XDC_WARNING, "program %d cannot paste: %s", c->pid,
			strerror(-err));
	return err;
}

static int start_program(struct xwl_program *c)
{
	static const struct xwl_record hello = { .type = XWL_HELLO,
						 .arg = XWL_VERSION };
	int err = xdc_loop_add(c->loop, &c->program, EPOLLIN);

	if (!err)
		err = xdc_loop_add(c->loop, &c->channel, EPOLLIN);
	if (!err && c->news.fd >= 0)
		err = xdc_loop_add(c->loop, &c->news, EPOLLIN);
	if (!err)
		err = xwl_link_send(&c->link, &hello, -1);
	if (!err)
		xdc_loop_later(c->loop, &c->flush);
	return err;
}

static int pid_of(int socket)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &cred, &len)
		       ? 0
		       : (int)cred.pid;
}

static void refuse_passage(const struct xwl_passage *p)
{
	struct xwl_passage refused = *p;

	close(refused.socket);
	end_passage(&refused);
}

static void wake_program(struct xwl_proxy *p)
{
	struct xwl_program *c = container_of(p, struct xwl_program, proxy);

	xdc_loop_later(c->loop, &c->flush);
}

int xwl_program_create(struct xdc_loop *loop, int socket,
		       const struct xwl_passage *passage,
		       struct xwl_program **out)
{
	struct xwl_program *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (c)
		err = xwl_proxy_init(&c->proxy, &c->stream, &c->link);
	if (!c || err) {
		close(socket);
		refuse_passage(passage);
		free(c);
		return err;
	}
	c->loop = loop;
	c->passage = *passage;
	c->proxy.maker = passage->maker;
	c->proxy.across = passage->across;
	c->pid = pid_of(socket);
	c->proxy.relay = start_relay;
	c->proxy.wake = wake_program;
	c->proxy.await = await_fence;
	c->proxy.pause = pause_program;
	xdc_timer_init(loop, &c->pause, pause_over);
	c->fence.fd = -1;
	c->fence.ready = fence_ready;
	LIST_INIT(&c->relays);
	c->flush.run = flush_run;
	c->program.ready = program_ready;
	c->channel.ready = channel_ready;
	c->news.ready = news_ready;
	c->news.fd = passage->take_news ? passage->news : -1;
	c->program.fd = socket;
	c->channel.fd = passage->socket;
	xwl_stream_init(&c->stream, socket, PROGRAM_MAX);
	xwl_link_init(&c->link, passage->socket, LINK_MAX);
	err = start_program(c);
	if (err) {
		xwl_program_destroy(c);
		return err;
	}
	*out = c;
	return 0;
}
