// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/link.h"
#include "wire/socket.h"

/* A record that waits to be sent */
struct xwl_packet {
	struct xwl_packet *next;
	enum xwl_record_type type;
	size_t len;
	struct xwl_fds fds;
	uint8_t bytes[XWL_RECORD_MAX];
};

void xwl_link_init(struct xwl_link *l, int fd, size_t max)
{
	memset(l, 0, sizeof(*l));
	l->fd = fd;
	l->max = max;
	l->last = &l->first;
}

static void remove_first(struct xwl_link *l)
{
	struct xwl_packet *p = l->first;

	l->first = p->next;
	if (!l->first)
		l->last = &l->first;
	l->waiting -= p->len;
	xwl_fds_drop(&p->fds, p->fds.nr);
	free(p);
}

void xwl_link_fini(struct xwl_link *l)
{
	while (l->first)
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

static struct xwl_packet *add_packet(struct xwl_link *l,
				     enum xwl_record_type type)
{
	struct xwl_packet *p = malloc(sizeof(*p));

	if (!p)
		return NULL;
	p->next = NULL;
	p->type = type;
	p->len = 0;
	p->fds.nr = 0;
	*l->last = p;
	l->last = &p->next;
	return p;
}

static void count_bytes(struct xwl_link *l, struct xwl_packet *p, size_t len)
{
	p->len += len;
	l->waiting += len;
}

int xwl_link_send(struct xwl_link *l, const struct xwl_record *r, int fd)
{
	struct xwl_packet *p = NULL;
	int err = 0;

	if (l->waiting + XWL_RECORD_MAX > l->max)
		err = -ENOBUFS;
	else if (!(p = add_packet(l, r->type)))
		err = -ENOMEM;
	if (err) {
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (fd >= 0)
		xwl_fds_push(&p->fds, fd);
	count_bytes(l, p, xwl_record_write(r, p->bytes));
	return 0;
}

/* The last packet, if it has room for the message, or a new one */
static struct xwl_packet *packet_for(struct xwl_link *l, size_t len,
				     unsigned int nr_fds)
{
	static const struct xwl_record empty = { .type = XWL_MESSAGES };
	struct xwl_packet *p;

	p = l->first ? (struct xwl_packet *)((char *)l->last -
					     offsetof(struct xwl_packet, next))
		     : NULL;
	if (p && p->type == XWL_MESSAGES && p->len + len <= XWL_RECORD_MAX &&
	    p->fds.nr + nr_fds <= XWL_SOCKET_FDS)
		return p;
	p = add_packet(l, XWL_MESSAGES);
	if (p)
		count_bytes(l, p, xwl_record_write(&empty, p->bytes));
	return p;
}

static int queue_message(struct xwl_link *l, struct xwl_message *m)
{
	uint32_t words[XWL_MESSAGE_MAX / 4];
	ssize_t len = xwl_message_write(m, words, sizeof(words));
	struct xwl_packet *p;
	unsigned int i;

	if (len < 0)
		return (int)len;
	if (l->waiting + (size_t)len + XWL_RECORD_HEADER > l->max)
		return -ENOBUFS;
	p = packet_for(l, (size_t)len, m->nr_fds);
	if (!p)
		return -ENOMEM;
	memcpy(p->bytes + p->len, words, (size_t)len);
	count_bytes(l, p, (size_t)len);
	for (i = 0; i < m->nr_args; i++) {
		if (m->args[i].type != 'h')
			continue;
		xwl_fds_push(&p->fds, m->args[i].fd);
		m->args[i].fd = -1;
	}
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

	while ((p = l->first)) {
		n = xwl_socket_send(l->fd, p->bytes, p->len, p->fds.fd,
				    p->fds.nr);
		if (n < 0)
			return (int)n;
		remove_first(l);
	}
	return 0;
}
