// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "link/inbox.h"
#include "link/pipe.h"

_Static_assert(XCH_UNREAD_MAX >= XCH_CREDIT_ATTACHMENTS,
	       "a socket may hold the window's messages");

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
	in->attachments -= item->cost.attachments;
	in->weight -= item->weight;
	xdc_close_all(item->fds, &item->nr_fds);
	free(item);
}

void xch_inbox_clear(struct xch_inbox *in)
{
	struct xch_item *item;

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
	in->attachments += item->cost.attachments;
	in->weight += item->weight;
	if (in->datagrams && !data->end)
		in->part = item;
	else
		STAILQ_INSERT_TAIL(&in->items, item, link);
	return 0;
}

static void see_what_was_read(struct xch_inbox *in, int fd)
{
	unsigned int before = in->unread.fds;

	xch_unread_look(&in->unread, fd);
	in->delivered.attachments += before - in->unread.fds;
}

/* @len bytes of the item are in the socket, with its descriptors if it has any left */
static void note_sent(struct xch_inbox *in, int fd, struct xch_item *item,
		      uint64_t len)
{
	xch_unread_sent(&in->unread, fd, len, item->nr_fds, item->weight);
	if (!item->nr_fds)
		return;
	in->attachments -= item->cost.attachments;
	in->weight -= item->weight;
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

unsigned int xch_inbox_held(struct xch_inbox *in, int fd)
{
	see_what_was_read(in, fd);
	return in->attachments + in->unread.fds;
}

uint64_t xch_inbox_weigh(struct xch_inbox *in, int fd)
{
	see_what_was_read(in, fd);
	return in->weight + in->unread.weight;
}
