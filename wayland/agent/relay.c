// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/relay.h"
#include "common/container_of.h"

#define RELAYS_MAX 16U
#define PIECE 65536U

struct xwl_relay {
	LIST_ENTRY(xwl_relay) entry;
	struct xdc_loop *loop;
	/* one of them is waited for at a time; of @to the end is, too */
	struct xdc_source from, to;
};

static void end_relay(struct xwl_relay *r)
{
	LIST_REMOVE(r, entry);
	xdc_loop_remove(r->loop, &r->from);
	xdc_loop_remove(r->loop, &r->to);
	close(r->from.fd);
	close(r->to.fd);
	free(r);
}

/* splice() does not wait for the pipe, whatever the program does with its own end */
static void from_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_relay *r = container_of(s, struct xwl_relay, from);
	ssize_t n =
		splice(s->fd, NULL, r->to.fd, NULL, PIECE, SPLICE_F_NONBLOCK);

	if (n > 0 || (n < 0 && errno == EINTR))
		return;
	if (!n || errno != EAGAIN) {
		end_relay(r);
		return;
	}
	/*
	 * The pipe is full, or the socket had nothing to read.  epoll tells of a socket's
	 * end whatever is asked for.
	 */
	xdc_loop_remove(r->loop, &r->from);
	xdc_loop_change(r->loop, &r->to, EPOLLOUT);
}

static void to_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_relay *r = container_of(s, struct xwl_relay, to);

	if (events & EPOLLERR || xdc_loop_add(r->loop, &r->from, EPOLLIN)) {
		end_relay(r);
		return;
	}
	xdc_loop_change(r->loop, &r->to, 0);
}

static unsigned int count_relays(const struct xwl_relays *list)
{
	const struct xwl_relay *r;
	unsigned int n = 0;

	LIST_FOREACH(r, list, entry)
		n++;
	return n;
}

int xwl_relay_start(struct xdc_loop *loop, struct xwl_relays *list, int from,
		    int to)
{
	struct xwl_relay *r = NULL;
	int err = count_relays(list) < RELAYS_MAX ? 0 : -EMFILE;

	if (!err)
		r = calloc(1, sizeof(*r));
	if (!r) {
		close(from);
		close(to);
		return err ? err : -ENOMEM;
	}
	r->loop = loop;
	r->from = (struct xdc_source){ .fd = from, .ready = from_ready };
	r->to = (struct xdc_source){ .fd = to, .ready = to_ready };
	LIST_INSERT_HEAD(list, r, entry);
	err = xdc_loop_add(loop, &r->from, EPOLLIN);
	if (!err)
		err = xdc_loop_add(loop, &r->to, 0);
	if (err)
		end_relay(r);
	return err;
}

void xwl_relays_end(struct xwl_relays *list)
{
	while (!LIST_EMPTY(list))
		end_relay(LIST_FIRST(list));
}

static int receive(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	int ends[2], to = m->args[1].fd, err;
	struct xwl_proxy *p = proxy;

	if (!xwl_fd_is_pipe(to))
		return xwl_proxy_fail(p, "%s.receive: the file is not a pipe",
				      o->interface->name);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return xdc_reason_set(&p->why, -errno, "cannot paste: %s",
				      strerror(errno));
	m->args[1].fd = ends[1];
	err = p->relay(p, ends[0], to);
	/* the program reads an empty text */
	return err ? XWL_DONE : XWL_PASS;
}

const struct xwl_handler xwl_relay_requests[] = {
	{ "wl_data_offer", "receive", receive },
	{ "zwp_primary_selection_offer_v1", "receive", receive },
	{ NULL, NULL, NULL },
};
