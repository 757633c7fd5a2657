// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/listener.h"
#include "common/log.h"

#define RETRY_NS XDC_NS_PER_S

static bool is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM ||
	       err == ENOBUFS;
}

/* Logged once for each shortage, however long it lasts */
static void wait_for_files(struct xdc_listener *l, int err)
{
	if (!l->refused)
		xdc_log(XDC_WARNING,
			"%s: connections wait, tried again every second: %s",
			l->name, strerror(err));
	l->refused = true;
	xdc_loop_change(l->loop, &l->source, 0);
	xdc_timer_in(&l->retry, RETRY_NS);
}

static void listener_ready(struct xdc_source *s, uint32_t events)
{
	struct xdc_listener *l = container_of(s, struct xdc_listener, source);
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		l->refused = false;
		l->accepted(l, fd);
	} else if (is_shortage(errno)) {
		wait_for_files(l, errno);
	}
}

static void retry_accept(struct xdc_timer *t)
{
	struct xdc_listener *l = container_of(t, struct xdc_listener, retry);

	xdc_loop_change(l->loop, &l->source, EPOLLIN);
}

int xdc_listener_start(struct xdc_listener *l, struct xdc_loop *loop, int fd,
		       const char *name,
		       void (*accepted)(struct xdc_listener *l, int fd))
{
	int err;

	*l = (struct xdc_listener){
		.source = { .fd = fd, .ready = listener_ready },
		.loop = loop,
		.name = name,
		.accepted = accepted,
	};
	xdc_timer_init(loop, &l->retry, retry_accept);
	err = xdc_loop_add(loop, &l->source, EPOLLIN);
	if (err)
		xdc_timer_fini(&l->retry);
	return err;
}

void xdc_listener_stop(struct xdc_listener *l)
{
	xdc_timer_fini(&l->retry);
	xdc_loop_remove(l->loop, &l->source);
	close(l->source.fd);
	l->source.fd = -1;
}
