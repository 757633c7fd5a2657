// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/channel.h"
#include "common/container_of.h"
#include "say.h"
#include "signals.h"

#define CONFIG "/etc/xen-dmabuf/xen-channeld.conf"

static int explain_connect(int err, const char *peer, const char *service)
{
	switch (err) {
	case -EPERM:
		return xt_fail(
			"this user may not use the service %s of domain %s. See [use %s] in " CONFIG,
			service, peer, service);
	case -EACCES:
		return xt_fail(
			"domain %s does not allow the service %s. See [service %s] in its " CONFIG,
			peer, service, service);
	case -ENOTCONN:
		return xt_fail(
			"there is no link to domain %s: it does not run, or its xen-channeld does not. Try, as root: xendmabuf channels",
			peer);
	case -ENOENT:
		return xt_fail(
			"xen-channeld does not run here. Try: systemctl start xen-channeld");
	case -ECONNREFUSED:
		return xt_fail(
			"no program of domain %s listens for %s, or xen-channeld does not run here",
			peer, service);
	case -EPROTOTYPE:
		return xt_fail(
			"the type of the service %s is not the same in the two domains' " CONFIG,
			service);
	case -EUSERS:
		return xt_fail(
			"too many channels are open, see max-channels of [peer] in " CONFIG
			"; or too many programs of this user are connected to xen-channeld's control socket");
	case -ETIMEDOUT:
		return xt_fail(
			"domain %s does not answer, or this domain's xen-channeld does not: systemctl status xen-channeld, here and there",
			peer);
	default:
		return xt_fail("no channel to the service %s of domain %s: %s",
			       service, peer, strerror(-err));
	}
}

int xt_channel_connect(const char *peer, const char *service,
		       struct xendmabuf_channel **ch)
{
	int err = xendmabuf_channel_connect(peer, service, 0, ch);

	return err ? explain_connect(err, peer, service) : XT_EXIT_OK;
}

int xt_channel_listen(const char *service, int *listener)
{
	int err = xendmabuf_channel_listen(service, 0, listener);

	switch (err) {
	case 0:
		return XT_EXIT_OK;
	case -EPERM:
		return xt_fail(
			"this user may not offer the service %s. See user of [service %s] in " CONFIG,
			service, service);
	case -EADDRINUSE:
		return xt_fail("another program offers the service %s",
			       service);
	case -ENOENT:
	case -ECONNREFUSED:
		return xt_fail(
			"xen-channeld does not run here. Try: systemctl start xen-channeld");
	case -EUSERS:
		return xt_fail(
			"too many programs of this user are connected to xen-channeld's control socket");
	default:
		return xt_fail("cannot offer the service %s: %s", service,
			       strerror(-err));
	}
}

/* An exit status */
static int accept_named(int listener, struct xendmabuf_channel **ch)
{
	struct xendmabuf_channel_peer peer;
	int err;

	do
		err = xendmabuf_channel_accept(listener, ch);
	while (err == -EINTR);
	if (err)
		return xt_fail(
			"xen-channeld has ended, or does not allow the service any more: %s",
			strerror(-err));
	if (!xendmabuf_channel_peer(*ch, &peer, sizeof(peer)))
		xt_say("A channel from domain %s.", peer.name);
	return XT_EXIT_OK;
}

int xt_channel_accept_one(const char *service, struct xendmabuf_channel **ch)
{
	int listener, ret = xt_channel_listen(service, &listener);

	if (ret)
		return ret;
	ret = accept_named(listener, ch);
	close(listener);
	return ret;
}

struct xt_end xt_channel_end(const struct xendmabuf_channel *ch)
{
	int fd = xendmabuf_channel_fd(ch);
	struct xendmabuf_channel_peer peer;

	xendmabuf_channel_peer(ch, &peer, sizeof(peer));
	return (struct xt_end){
		.in = fd,
		.out = fd,
		.socket = true,
		.datagrams = peer.type == SOCK_SEQPACKET,
	};
}

struct xt_end xt_channel_stdio(void)
{
	return (struct xt_end){ .in = STDIN_FILENO, .out = STDOUT_FILENO };
}

static int explain_failure(int err)
{
	switch (err) {
	case -EPIPE:
		return xt_fail("the link to the other domain has ended");
	case -EMSGSIZE:
		return xt_fail(
			"the channel has failed: a datagram has more than %u bytes, or %u file descriptors",
			XENDMABUF_CHANNEL_DATAGRAM_MAX,
			XENDMABUF_CHANNEL_FDS_MAX);
	case -EOPNOTSUPP:
		return xt_fail(
			"the channel has failed: a file descriptor cannot be sent, or its content is larger than max-copy. The log of xen-channeld says why");
	default:
		return xt_fail("the channel has failed: %s", strerror(-err));
	}
}

int xt_channel_lost(const struct xendmabuf_channel_event *event)
{
	if (event->type == XENDMABUF_CHANNEL_FAILED)
		return explain_failure(event->error);
	return event->type == XENDMABUF_CHANNEL_PEER_GONE
		       ? explain_failure(-EPIPE)
		       : XT_EXIT_OK;
}

/* A channel that is joined to another end */
struct joint {
	struct xt_watch watch;
	struct xendmabuf_channel *ch;
	int ret; /* how it has ended */
};

/* The first reason counts */
static void take_events(struct xt_watch *watch)
{
	struct joint *j = container_of(watch, struct joint, watch);
	struct xendmabuf_channel_event event;
	int err;

	while (!(err = xendmabuf_channel_event(j->ch, &event, sizeof(event))))
		if (!j->ret)
			j->ret = xt_channel_lost(&event);
	if (err != -EAGAIN)
		watch->fd = -1;
}

static void check_end(struct joint *j)
{
	/*
	 * The socket was not sent, so that nothing is recalled, but the answer comes
	 * after all events.  There is none from a daemon that has died: the end of its
	 * link is an event, too
	 */
	xendmabuf_channel_recall(j->ch, xendmabuf_channel_fd(j->ch), 0);
	take_events(&j->watch);
}

int xt_channel_check_end(struct xendmabuf_channel *ch)
{
	struct joint j = { .ch = ch };

	check_end(&j);
	return j.ret;
}

int xt_channel_carry(struct xendmabuf_channel *ch, const struct xt_end *other)
{
	struct joint j = { .ch = ch, .watch.ready = take_events };
	struct xt_end end = xt_channel_end(ch);
	int err;

	j.watch.fd = xendmabuf_channel_event_fd(ch);
	if (j.watch.fd < 0)
		return explain_failure(j.watch.fd);
	err = xt_relay(&end, other, &j.watch);
	if (!j.ret)
		check_end(&j);
	if (!j.ret && err)
		return xt_fail("the channel ends: %s", strerror(-err));
	return j.ret;
}

int xt_channel_exec(struct xendmabuf_channel *ch, char **command)
{
	int fd = xendmabuf_channel_fd(ch);

	if (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		return xt_fail("cannot join the channel to '%s': %s",
			       command[0], strerror(errno));
	xt_signals_restore();
	execvp(command[0], command);
	return xt_fail("cannot run '%s': %s", command[0], strerror(errno));
}
