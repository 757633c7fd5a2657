// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fd-socket.h"
#include "wire/link.h"

/* A record that waits to be sent */
struct xwl_packet {
	TAILQ_ENTRY(xwl_packet) entry;
	enum xwl_record_type type;
	struct xwl_fds fds;
	size_t len, size; /* of the bytes that are used, and of all */
	uint8_t bytes[];
};

void xwl_link_init(struct xwl_link *l, int fd, size_t max)
{
	memset(l, 0, sizeof(*l));
	l->fd = fd;
	l->max = max;
	TAILQ_INIT(&l->packets);
}

static void remove_first(struct xwl_link *l)
{
	struct xwl_packet *p = TAILQ_FIRST(&l->packets);

	TAILQ_REMOVE(&l->packets, p, entry);
	l->waiting -= p->size;
	l->waiting_fds -= p->fds.nr;
	xwl_fds_drop(&p->fds, p->fds.nr);
	free(p);
}

void xwl_link_fini(struct xwl_link *l)
{
	while (!TAILQ_EMPTY(&l->packets))
		remove_first(l);
	xwl_fds_drop(&l->in_fds, l->in_fds.nr);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

int xwl_link_receive(struct xwl_link *l, struct xwl_record *out,
		     struct xdc_reason *why)
{
	ssize_t n;

	xwl_fds_drop(&l->in_fds, l->in_fds.nr);
	n = xwl_socket_receive(l->fd, l->in, sizeof(l->in), &l->in_fds);
	if (!n)
		return -EPIPE;
	if (n == -EAGAIN)
		return -EAGAIN;
	if (n < 0)
		return xdc_reason_set(why, (int)n, "cannot receive: %s",
				      strerror((int)-n));
	return xwl_record_parse(l->in, (size_t)n, l->in_fds.nr, out, why);
}

/* A packet counts with all its memory, so that many small ones cannot exceed l->max */
static int add_packet(struct xwl_link *l, const struct xwl_record *r,
		      size_t size, struct xwl_packet **out)
{
	struct xwl_packet *p;

	if (l->waiting + size > l->max)
		return -ENOBUFS;
	p = malloc(sizeof(*p) + size);
	if (!p)
		return -ENOMEM;
	p->type = r->type;
	p->fds.nr = 0;
	p->size = size;
	p->len = xwl_record_write(r, p->bytes);
	l->waiting += size;
	TAILQ_INSERT_TAIL(&l->packets, p, entry);
	*out = p;
	return 0;
}

int xwl_link_send(struct xwl_link *l, const struct xwl_record *r, int fd)
{
	struct xwl_packet *p;
	int err = add_packet(l, r, xwl_record_size(r), &p);

	if (!err && fd >= 0) {
		xwl_fds_push(&p->fds, fd);
		l->waiting_fds++;
	} else if (fd >= 0) {
		close(fd);
	}
	return err;
}

/* The last packet, if it has room for the message, or a new one */
static int packet_for(struct xwl_link *l, size_t len, unsigned int nr_fds,
		      struct xwl_packet **out)
{
	static const struct xwl_record empty = { .type = XWL_MESSAGES };
	struct xwl_packet *p;

	p = TAILQ_LAST(&l->packets, xwl_packets);
	if (p && p->type == XWL_MESSAGES && p->len + len <= p->size &&
	    p->fds.nr + nr_fds <= xwl_unread_max(&l->unread)) {
		*out = p;
		return 0;
	}
	return add_packet(l, &empty, XWL_RECORD_MAX, out);
}

static int queue_message(struct xwl_link *l, struct xwl_message *m)
{
	uint32_t words[XWL_MESSAGE_MAX / 4];
	ssize_t len = xwl_message_write(m, words, sizeof(words));
	struct xwl_packet *p;
	int err;

	if (len < 0)
		return (int)len;
	if (l->unread.limited && l->waiting_fds + m->nr_fds > XWL_FDS_MAX)
		return -ENOBUFS;
	err = packet_for(l, (size_t)len, m->nr_fds, &p);
	if (err)
		return err;
	memcpy(p->bytes + p->len, words, (size_t)len);
	p->len += (size_t)len;
	l->waiting_fds += m->nr_fds;
	xwl_fds_take(&p->fds, m);
	return 0;
}

int xwl_link_message(struct xwl_link *l, struct xwl_message *m)
{
	int err = queue_message(l, m);

	xwl_message_close(m);
	return err;
}

int xwl_link_flush(struct xwl_link *l)
{
	struct xwl_packet *p;
	ssize_t n;

	while ((p = TAILQ_FIRST(&l->packets))) {
		if (xwl_unread_hold(&l->unread, l->fd, p->fds.nr))
			return -EAGAIN;
		n = xdc_socket_send(l->fd, p->bytes, p->len, p->fds.fd,
				    p->fds.nr);
		if (n < 0)
			return (int)n;
		l->unread.nr += p->fds.nr;
		remove_first(l);
	}
	return 0;
}
