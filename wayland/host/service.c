// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xendmabuf-channel.h>

#include "common/container_of.h"
#include "common/log.h"
#include "host/service.h"

#define RETRY_NS XDC_NS_PER_S
/* Channels that are taken in one turn; the rest waits in the socket */
#define CHANNELS_A_TURN 8

static const char *explain_error(int err)
{
	switch (err) {
	case -ENOENT:
	case -ECONNREFUSED:
		return "xen-channeld is not running";
	case -EPERM:
		return "xen-channeld.conf has no section [service] that lets this user listen";
	case -EADDRINUSE:
		return "another program offers it";
	case -EPIPE:
		return "xen-channeld has ended, or its configuration has changed";
	default:
		return strerror(-err);
	}
}

static void try_later(struct xwl_service *s, int err)
{
	if (err != s->err)
		xdc_log(XDC_WARNING,
			"service %s not offered, retrying every second: %s",
			s->name, explain_error(err));
	s->err = err;
	xdc_timer_in(&s->retry, RETRY_NS);
}

static void end_offer(struct xwl_service *s)
{
	xdc_loop_remove(s->loop, &s->listener);
	close(s->listener.fd);
	s->listener.fd = -1;
}

/* The daemon says whose it is; of its handle only the socket is needed */
static int take_channel(struct xwl_service *s)
{
	struct xendmabuf_channel_peer peer;
	struct xendmabuf_channel *ch;
	int fd, err = xendmabuf_channel_accept(s->listener.fd, &ch);

	if (err)
		return err;
	err = xendmabuf_channel_peer(ch, &peer, sizeof(peer));
	if (!err && peer.type != SOCK_SEQPACKET)
		err = -EPROTOTYPE;
	fd = err ? -1 : fcntl(xendmabuf_channel_fd(ch), F_DUPFD_CLOEXEC, 0);
	if (!err && fd < 0)
		err = -errno;
	xendmabuf_channel_close(ch);
	if (!err)
		s->accepted(s, peer.name, fd);
	else
		xdc_log(XDC_WARNING, "channel refused: %s",
			err == -EPROTOTYPE
				? "its service needs type = seqpacket in xen-channeld.conf"
				: strerror(-err));
	return 0;
}

static void listener_ready(struct xdc_source *source, uint32_t events)
{
	struct xwl_service *s =
		container_of(source, struct xwl_service, listener);
	int i, err = 0;

	for (i = 0; i < CHANNELS_A_TURN && !err; i++)
		err = take_channel(s);
	if (!err || err == -EAGAIN)
		return;
	end_offer(s);
	try_later(s, err);
}

/* The daemon answers at once: it asks no other domain */
static void offer_service(struct xwl_service *s)
{
	int fd, err = xendmabuf_channel_listen(s->name,
					       XENDMABUF_CHANNEL_NONBLOCK, &fd);

	if (!err) {
		s->listener.fd = fd;
		err = xdc_loop_add(s->loop, &s->listener, EPOLLIN);
		if (err) {
			close(fd);
			s->listener.fd = -1;
		}
	}
	if (err) {
		try_later(s, err);
		return;
	}
	s->err = 0;
	xdc_log(XDC_INFO, "service %s offered", s->name);
}

static void retry_now(struct xdc_timer *t)
{
	offer_service(container_of(t, struct xwl_service, retry));
}

void xwl_service_start(struct xwl_service *s, struct xdc_loop *loop,
		       const char *name,
		       void (*accepted)(struct xwl_service *s,
					const char *guest, int channel))
{
	memset(s, 0, sizeof(*s));
	s->loop = loop;
	s->name = name;
	s->accepted = accepted;
	s->listener.fd = -1;
	s->listener.ready = listener_ready;
	xdc_timer_init(loop, &s->retry, retry_now);
	offer_service(s);
}

const char *xwl_service_trouble(const struct xwl_service *s)
{
	return s->err ? explain_error(s->err) : NULL;
}

void xwl_service_stop(struct xwl_service *s)
{
	xdc_timer_fini(&s->retry);
	if (s->listener.fd >= 0)
		end_offer(s);
}
