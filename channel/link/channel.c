// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "link/channel.h"
#include "link/pipe.h"

struct xch_channel *xch_channel_create(struct xch_channels *set, uint32_t id,
				       bool ours, enum xch_channel_state state,
				       const struct xch_open *open)
{
	struct xch_channel *ch = calloc(1, sizeof(*ch));

	if (!ch)
		return NULL;
	ch->set = set;
	ch->id = id;
	ch->state = state;
	ch->open = *open;
	ch->ours = ours;
	ch->counted = true;
	ch->carries_fds = true;
	*(ours ? &set->ours : &set->theirs) += 1;
	set->nr++;
	set->nr_ours += ours;
	ch->program.fd = -1;
	xch_inbox_init(&ch->inbox, open->type);
	xch_window_init(&ch->window);
	TAILQ_INSERT_TAIL(&set->all, ch, all);
	return ch;
}

/*
 * The peer may open another one as soon as it knows that this one is over, even
 * if a slow program here has not taken everything
 */
static void stop_counting(struct xch_channel *ch)
{
	if (ch->counted)
		*(ch->ours ? &ch->set->ours : &ch->set->theirs) -= 1;
	ch->counted = false;
}

void xch_channel_queue_frame(struct xch_channel *ch, unsigned int say)
{
	struct xch_channels *set = ch->set;

	if (ch->state == XCH_DEAD)
		return;
	xch_talk_add(&set->talking, &ch->talker, say);
	set->ops->wake(set);
}

static void leave_turns(struct xch_channel *ch)
{
	if (ch->in_turns)
		TAILQ_REMOVE(&ch->set->turns, ch, turn);
	ch->in_turns = false;
}

static void stop_talking(struct xch_channel *ch)
{
	xch_talk_drop(&ch->set->talking, &ch->talker, ~0U);
}

static void drop_message(struct xch_channel *ch)
{
	struct xch_message *m = &ch->message;

	if (!m->full)
		return;
	if (m->nr_fds)
		ch->set->ops->forget(ch, m);
	xdc_close_all(m->fds, &m->nr_fds);
	m->full = m->parked = false;
	m->prepared = NULL;
}

/* Lets go of all that the channel holds but its socket and its place in the set */
static void release_program(struct xch_channel *ch)
{
	leave_turns(ch);
	drop_message(ch);
	free(ch->message.data);
	ch->message.data = NULL;
	xch_inbox_clear(&ch->inbox);
	xdc_loop_remove(ch->set->loop, &ch->program);
}

/* Who sees the channel's end must be able to find out at once why it has failed */
static void tell_end(struct xch_channel *ch, int err)
{
	ch->set->ops->closed(ch, err);
	if (ch->program.fd < 0)
		return;
	xch_leftovers_add(ch->set->leftovers, ch->program.fd,
			  &ch->inbox.unread);
	ch->program.fd = -1;
}

void xch_channel_kill(struct xch_channel *ch, int err)
{
	struct xch_channels *set = ch->set;
	bool ending = ch->state == XCH_ENDING;

	if (ch->state == XCH_DEAD)
		return;
	stop_talking(ch);
	release_program(ch);
	stop_counting(ch);
	set->nr--;
	set->nr_ours -= ch->ours;
	ch->state = XCH_DEAD;
	if (!ending)
		tell_end(ch, err);
	xdc_loop_later(set->loop, &set->reap);
}

/* Nothing is left to do but to tell the peer; then it is dead */
static void end_by_frame(struct xch_channel *ch, unsigned int say, int err)
{
	if (ch->state == XCH_DEAD || ch->state == XCH_ENDING)
		return;
	stop_talking(ch);
	release_program(ch);
	ch->state = XCH_ENDING;
	ch->err = err;
	tell_end(ch, err);
	xch_channel_queue_frame(ch, say);
}

void xch_channel_reset(struct xch_channel *ch, int err)
{
	/* the peer has not heard of it yet */
	if (ch->state == XCH_OPENING && ch->talker.say & XCH_SAY_OPEN)
		xch_channel_kill(ch, err);
	else
		end_by_frame(ch,
			     ch->state == XCH_ASKED ? XCH_SAY_REFUSED
						    : XCH_SAY_RESET,
			     err);
}

void xch_channel_refuse(struct xch_channel *ch, int err)
{
	if (ch->state == XCH_ASKED)
		end_by_frame(ch, XCH_SAY_REFUSED, err);
}

static void close_outgoing(struct xch_channel *ch)
{
	ch->ended = true;
	ch->readable = false;
	drop_message(ch);
	leave_turns(ch);
}

void xch_channel_settle(struct xch_channel *ch)
{
	unsigned int shut = 0;

	if (ch->state != XCH_RUNNING)
		return;
	if (ch->gone) {
		shut |= XCH_SHUT_READ;
		xch_inbox_clear(&ch->inbox);
	}
	if (ch->ended && !ch->message.full)
		shut |= XCH_SHUT_WRITE;
	if (ch->shut_heard & XCH_SHUT_WRITE && xch_inbox_empty(&ch->inbox) &&
	    !ch->told_end) {
		ch->told_end = true;
		shutdown(ch->program.fd, SHUT_WR);
	}
	if (shut & ~ch->shut) {
		ch->shut |= shut;
		xch_channel_queue_frame(ch, XCH_SAY_SHUT);
	}
	if (!(ch->shut_said & ch->shut_heard & XCH_SHUT_WRITE))
		return;
	stop_counting(ch);
	if (ch->told_end && !(ch->talker.say & XCH_SAY_SHUT))
		xch_channel_kill(ch, 0);
}

/* Credit for what the program has taken, in large pieces */
static void renew_window(struct xch_channel *ch)
{
	xch_window_deliver(&ch->window, ch->inbox.delivered);
	memset(&ch->inbox.delivered, 0, sizeof(ch->inbox.delivered));
	if (xch_window_due(&ch->window) && ch->state == XCH_RUNNING &&
	    !(ch->shut_heard & XCH_SHUT_WRITE))
		xch_channel_queue_frame(ch, XCH_SAY_CREDIT);
}

static void drain_inbox(struct xch_channel *ch)
{
	int err;

	if (ch->state != XCH_RUNNING)
		return;
	err = xch_inbox_drain(&ch->inbox, ch->program.fd);
	if (err == -EPIPE || err == -ECONNRESET || err == -EBADF)
		ch->gone = true;
	else if (err && err != -EAGAIN) {
		xch_channel_reset(ch, err);
		return;
	}
	xch_channel_settle(ch);
	if (ch->state == XCH_RUNNING)
		renew_window(ch);
}

static void program_ready(struct xdc_source *s, uint32_t events)
{
	struct xch_channel *ch = container_of(s, struct xch_channel, program);

	if (events & (EPOLLHUP | EPOLLERR))
		ch->gone = true;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
		ch->readable = true;
		xch_channel_queue_turn(ch);
	}
	drain_inbox(ch);
}

int xch_channel_attach(struct xch_channel *ch, int fd)
{
	ch->program.fd = fd;
	ch->program.ready = program_ready;
	ch->message.data = malloc(XCH_DATAGRAM_MAX);
	if (!ch->message.data)
		return -ENOMEM;
	ch->pipe = xch_pipe_is(fd, &ch->ended);
	ch->inbox.pipe = ch->pipe;
	if (ch->pipe && ch->open.type != XCH_STREAM)
		return -EINVAL;
	/* by edge: a socket that waits for its turn is not reported again */
	return xdc_loop_add(ch->set->loop, &ch->program,
			    EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

void xch_channel_run(struct xch_channel *ch)
{
	ch->state = XCH_RUNNING;
	ch->readable = true;
	xch_channel_queue_turn(ch);
	/* nothing ever comes from the write end of a pipe */
	if (ch->ended)
		xch_channel_settle(ch);
}

void xch_channel_accept(struct xch_channel *ch, int fd)
{
	int err;

	if (ch->state != XCH_ASKED) {
		close(fd);
		return;
	}
	err = xch_channel_attach(ch, fd);
	if (err) {
		xch_channel_refuse(ch, err);
		return;
	}
	xch_channel_queue_frame(ch, XCH_SAY_OPENED);
	xch_channel_run(ch);
}

/* Bytes and descriptors of the next frame, if there were enough credit */
static size_t next_piece(const struct xch_message *m, unsigned int *nr_fds)
{
	size_t len = m->len - m->at;

	*nr_fds = m->at == m->fds_at ? m->nr_fds : 0;
	if (m->nr_fds && m->at < m->fds_at)
		len = m->fds_at - m->at;
	return len < XCH_TURN_MAX ? len : XCH_TURN_MAX;
}

void xch_channel_queue_turn(struct xch_channel *ch)
{
	struct xch_channels *set = ch->set;
	struct xch_message *m = &ch->message;
	unsigned int nr_fds = 0;
	size_t room, len;

	if (ch->state != XCH_RUNNING || ch->in_turns || m->parked)
		return;
	len = m->full ? next_piece(m, &nr_fds) : 0;
	if (m->full ? !xch_credit_room(&ch->credit, len, nr_fds, &room)
		    : !ch->readable || ch->ended ||
			      !xch_credit_room(&ch->credit, 1, 0, &room))
		return;
	TAILQ_INSERT_TAIL(&set->turns, ch, turn);
	ch->in_turns = true;
	set->ops->wake(set);
}

/* The program's next message: 1, 0 if there is none, or why the channel ends */
static int read_message(struct xch_channel *ch)
{
	struct xch_message *m = &ch->message;
	bool datagrams = ch->open.type == XCH_SEQPACKET;
	size_t max = XCH_DATAGRAM_MAX;
	ssize_t n;

	if (!datagrams &&
	    (!xch_credit_room(&ch->credit, XCH_TURN_MAX, 0, &max)))
		return 0;
	m->at = m->len = 0;
	m->fds_at = m->nr_fds = 0;
	if (ch->pipe)
		n = xch_pipe_read(ch->program.fd, m->data, max);
	else if (!datagrams && ch->carries_fds)
		n = xdc_socket_receive_stream(ch->program.fd, m->data, max,
					      m->fds, &m->nr_fds, &m->fds_at);
	else
		n = xdc_socket_receive(ch->program.fd, m->data, max, m->fds,
				       &m->nr_fds);
	if (n == -EAGAIN) {
		ch->readable = false;
		return 0;
	}
	if (n < 0)
		return (int)n;
	if (!n && !m->nr_fds &&
	    (!datagrams || xdc_socket_ended(ch->program.fd))) {
		close_outgoing(ch);
		return 0;
	}
	m->full = true;
	m->len = (size_t)n;
	return 1;
}

void xch_channel_prepared(struct xch_channel *ch, int err)
{
	if (ch->state != XCH_RUNNING || !ch->message.parked)
		return;
	if (err) {
		xch_channel_reset(ch, err);
		return;
	}
	ch->message.parked = false;
	xch_channel_queue_turn(ch);
}

/* Reads a message if there is none.  True: it may be sent. */
static bool have_message(struct xch_channel *ch)
{
	struct xch_message *m = &ch->message;
	int ret;

	if (m->full)
		return !m->parked;
	ret = read_message(ch);
	if (ret > 0 && m->nr_fds) {
		ret = ch->set->ops->prepare(ch, m);
		m->parked = ret > 0;
		ret = ret < 0 ? ret : !ret;
	}
	if (ret < 0)
		xch_channel_reset(ch, ret);
	else if (!ret)
		xch_channel_settle(ch);
	return ret > 0;
}

static size_t put_piece(struct xch_channel *ch, uint8_t *out)
{
	struct xch_message *m = &ch->message;
	struct xch_data data = { .bytes = m->data + m->at };
	size_t len;

	data.len = next_piece(m, &data.nr_attachments);
	if (!xch_credit_room(&ch->credit, data.len, data.nr_attachments,
			     &data.len))
		return 0;
	memcpy(data.attachments, m->attachments,
	       sizeof(m->attachments[0]) * data.nr_attachments);
	data.end = ch->open.type == XCH_SEQPACKET && m->at + data.len == m->len;
	xch_credit_take(&ch->credit, data.len, data.nr_attachments);
	len = xch_put_data(out, ch->id, &data);
	if (data.nr_attachments)
		ch->set->ops->sent(ch, m);
	m->at += data.len;
	ch->bytes_sent += data.len;
	if (m->at == m->len)
		drop_message(ch);
	return len;
}

size_t xch_channel_turn(struct xch_channel *ch, uint8_t *out)
{
	struct xch_message *m = &ch->message;
	unsigned int nr_fds;
	ssize_t len = 0;
	size_t room;

	leave_turns(ch);
	if (!have_message(ch))
		return 0;
	/* a channel that the message brings is opened before the message is sent */
	if (!TAILQ_EMPTY(&ch->set->talking)) {
		xch_channel_queue_turn(ch);
		return 0;
	}
	/* what comes before descriptors is sent once nothing holds them up */
	room = next_piece(m, &nr_fds);
	if (nr_fds && xch_credit_room(&ch->credit, room, nr_fds, &room))
		len = ch->set->ops->before(ch, m, out);
	if (len == -EAGAIN) {
		m->parked = true;
		return 0;
	}
	if (len < 0) {
		xch_channel_reset(ch, (int)len);
		return 0;
	}
	if (!len)
		len = (ssize_t)put_piece(ch, out);
	xch_channel_queue_turn(ch);
	if (ch->ended)
		xch_channel_settle(ch);
	return (size_t)len;
}

int xch_channel_deliver(struct xch_channel *ch, const struct xch_data *data,
			const int *fds)
{
	int err = xch_inbox_put(&ch->inbox, data, fds);

	if (err == -EPROTO)
		return err;
	if (err) {
		xch_channel_reset(ch, err);
		return 0;
	}
	ch->bytes_received += data->len;
	drain_inbox(ch);
	return 0;
}

bool xch_channel_has_unsent(const struct xch_channel *ch)
{
	return ch->state == XCH_RUNNING && (ch->message.full || ch->readable);
}

void xch_channel_hear_shut(struct xch_channel *ch, unsigned int shut)
{
	ch->shut_heard |= shut;
	if (shut & XCH_SHUT_READ && !ch->ended) {
		/* a program that still writes gets EPIPE */
		shutdown(ch->program.fd, SHUT_RD);
		close_outgoing(ch);
	}
	xch_channel_settle(ch);
}
