// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "link/leftover.h"

struct xch_leftover {
	LIST_ENTRY(xch_leftover) link;
	struct xch_leftovers *all;
	struct xdc_source source;
	struct xch_unread unread;
};

void xch_leftovers_init(struct xch_leftovers *all, struct xdc_loop *loop)
{
	all->loop = loop;
	all->fds = 0;
	all->weight = 0;
	LIST_INIT(&all->all);
}

static void free_leftover(struct xch_leftover *l)
{
	LIST_REMOVE(l, link);
	l->all->fds -= l->unread.fds;
	l->all->weight -= l->unread.weight;
	xdc_loop_remove(l->all->loop, &l->source);
	close(l->source.fd);
	free(l);
}

void xch_leftovers_fini(struct xch_leftovers *all)
{
	while (!LIST_EMPTY(&all->all))
		free_leftover(LIST_FIRST(&all->all));
}

/* The program has read, or closed its end, and with it all that it has not read */
static void leftover_ready(struct xdc_source *s, uint32_t events)
{
	struct xch_leftover *l = container_of(s, struct xch_leftover, source);
	struct xch_leftovers *all = l->all;

	all->fds -= l->unread.fds;
	all->weight -= l->unread.weight;
	xch_unread_look(&l->unread, s->fd);
	all->fds += l->unread.fds;
	all->weight += l->unread.weight;
	if (!l->unread.nr)
		free_leftover(l);
}

/* NULL: nothing is left, or cannot be watched */
static struct xch_leftover *make_leftover(struct xch_leftovers *all, int fd,
					  const struct xch_unread *unread)
{
	struct xch_leftover *l;

	if (!unread->nr)
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->all = all;
	l->unread = *unread;
	l->source.fd = fd;
	l->source.ready = leftover_ready;
	/* by edge: its end is told all the time */
	if (xdc_loop_add(all->loop, &l->source, EPOLLOUT | EPOLLET)) {
		free(l);
		return NULL;
	}
	return l;
}

void xch_leftovers_add(struct xch_leftovers *all, int fd,
		       struct xch_unread *unread)
{
	struct xch_leftover *l = make_leftover(all, fd, unread);

	memset(unread, 0, sizeof(*unread));
	if (!l) {
		close(fd);
		return;
	}
	shutdown(fd, SHUT_RDWR);
	LIST_INSERT_HEAD(&all->all, l, link);
	all->fds += l->unread.fds;
	all->weight += l->unread.weight;
}
