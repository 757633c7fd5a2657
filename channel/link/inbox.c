// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "link/inbox.h"
#include "link/pipe.h"

/*
 * Bytes of socket memory: less than any message takes.  A message that is being freed
 * counts as one byte until its sender has been woken, which is then not woken again.
 */
#define REST 128

struct xch_item {
	STAILQ_ENTRY(xch_item) link;
	struct xch_credit cost;
	uint64_t weight;
	size_t len, at; /* bytes, and how many of them are taken */
	unsigned int nr_fds;
	int fds[XDC_SOCKET_FDS];
	uint8_t bytes[];
};

void xch_inbox_init(struct xch_inbox *in, enum xch_channel_type type)
{
	memset(in, 0, sizeof(*in));
	STAILQ_INIT(&in->items);
	in->datagrams = type == XCH_SEQPACKET;
}

static void free_item(struct xch_inbox *in, struct xch_item *item)
{
	in->delivered.bytes += item->cost.bytes;
	in->delivered.attachments += item->cost.attachments;
	in->weight -= item->weight;
	xdc_close_all(item->fds, &item->nr_fds);
	free(item);
}

static struct xch_unread *find_unread(struct xch_inbox *in, unsigned int i)
{
	return &in->unread[(in->first_unread + i) % XCH_CREDIT_ATTACHMENTS];
}

static void end_unread(struct xch_inbox *in)
{
	const struct xch_unread *u = find_unread(in, 0);

	in->delivered.attachments += u->attachments;
	in->weight -= u->weight;
	in->first_unread++;
	in->nr_unread--;
}

void xch_inbox_clear(struct xch_inbox *in)
{
	struct xch_item *item;

	while (in->nr_unread)
		end_unread(in);
	while ((item = STAILQ_FIRST(&in->items))) {
		STAILQ_REMOVE_HEAD(&in->items, link);
		free_item(in, item);
	}
	if (in->part)
		free_item(in, in->part);
	in->part = NULL;
}

bool xch_inbox_empty(const struct xch_inbox *in)
{
	return STAILQ_EMPTY(&in->items);
}

static struct xch_item *make_item(const struct xch_data *data, const int *fds)
{
	struct xch_item *item = malloc(sizeof(*item) + data->len);

	if (!item)
		return NULL;
	memset(item, 0, sizeof(*item));
	item->len = data->len;
	item->nr_fds = data->nr_attachments;
	if (item->nr_fds)
		memcpy(item->fds, fds, item->nr_fds * sizeof(*fds));
	if (data->len)
		memcpy(item->bytes, data->bytes, data->len);
	item->cost = xch_window_cost(data->len, data->nr_attachments);
	item->weight = data->weight;
	return item;
}

static void close_fds(const struct xch_data *data, const int *fds)
{
	int copy[XDC_SOCKET_FDS];
	unsigned int nr = data->nr_attachments;

	if (!nr)
		return;
	memcpy(copy, fds, nr * sizeof(*fds));
	xdc_close_all(copy, &nr);
}

/* The next part of a datagram */
static int extend_part(struct xch_inbox *in, const struct xch_data *data,
		       const int *fds)
{
	struct xch_item *item = in->part;
	struct xch_credit cost = xch_window_cost(data->len, 0);

	if (data->nr_attachments || !data->len ||
	    item->len + data->len > XCH_DATAGRAM_MAX) {
		close_fds(data, fds);
		return -EPROTO;
	}
	item = realloc(item, sizeof(*item) + item->len + data->len);
	if (!item)
		return -ENOMEM;
	memcpy(item->bytes + item->len, data->bytes, data->len);
	item->len += data->len;
	item->cost.bytes += cost.bytes;
	in->part = item;
	return 0;
}

int xch_inbox_put(struct xch_inbox *in, const struct xch_data *data,
		  const int *fds)
{
	struct xch_item *item;
	int err;

	if (in->part) {
		err = extend_part(in, data, fds);
		if (err || !data->end)
			return err;
		item = in->part;
		in->part = NULL;
		STAILQ_INSERT_TAIL(&in->items, item, link);
		return 0;
	}
	/* a stream has no ends; what is empty has one and is a datagram */
	if (in->datagrams ? !data->len && !data->end
			  : data->end || !data->len) {
		close_fds(data, fds);
		return -EPROTO;
	}
	item = make_item(data, fds);
	if (!item) {
		close_fds(data, fds);
		return -ENOMEM;
	}
	in->weight += item->weight;
	if (in->datagrams && !data->end)
		in->part = item;
	else
		STAILQ_INSERT_TAIL(&in->items, item, link);
	return 0;
}

/* Bytes of socket memory that what was sent takes until it is read */
static uint64_t count_queued(int fd)
{
	int queued;

	return ioctl(fd, SIOCOUTQ, &queued) ? 0 : (uint64_t)queued;
}

/*
 * A socket is read in order: if it holds no more than what was sent behind a message,
 * that message was read.
 *
 * What was sent behind it may be more than @sent tells, as the program may have read
 * while it was counted.  The message then counts for longer, but not for ever: each
 * further one adds to @sent, and once the program has read all, only REST is left.
 * Linux wakes this end for each message that is read while the socket is nearly empty.
 */
static void see_what_was_read(struct xch_inbox *in, int fd)
{
	if (!in->nr_unread)
		return;
	in->queued = count_queued(fd);
	while (in->nr_unread &&
	       in->queued <= in->sent - find_unread(in, 0)->end + REST)
		end_unread(in);
}

/* @len bytes of the item are in the socket, with its descriptors if it has any left */
static void note_sent(struct xch_inbox *in, int fd, struct xch_item *item,
		      uint64_t len)
{
	uint64_t before = in->queued;

	if (!in->nr_unread && !item->nr_fds)
		return;
	in->queued = count_queued(fd);
	/* a message takes more memory than it has bytes */
	if (in->queued > before + len)
		len = in->queued - before;
	in->sent += len;
	if (!item->nr_fds)
		return;
	*find_unread(in, in->nr_unread++) = (struct xch_unread){
		.attachments = item->cost.attachments,
		.weight = item->weight,
		.end = in->sent,
	};
	item->cost.attachments = 0;
	item->weight = 0;
}

int xch_inbox_drain(struct xch_inbox *in, int fd)
{
	struct xch_item *item;
	ssize_t n;

	see_what_was_read(in, fd);
	while ((item = STAILQ_FIRST(&in->items))) {
		n = in->pipe ? xch_pipe_write(fd, item->bytes + item->at,
					      item->len - item->at)
			     : xdc_socket_send(fd, item->bytes + item->at,
					       item->len - item->at, item->fds,
					       item->nr_fds);
		if (n < 0)
			return (int)n;
		note_sent(in, fd, item, (uint64_t)n);
		xdc_close_all(item->fds, &item->nr_fds);
		item->at += (size_t)n;
		if (item->at < item->len)
			continue;
		STAILQ_REMOVE_HEAD(&in->items, link);
		free_item(in, item);
	}
	return 0;
}

uint64_t xch_inbox_weigh(struct xch_inbox *in, int fd)
{
	see_what_was_read(in, fd);
	return in->weight;
}
