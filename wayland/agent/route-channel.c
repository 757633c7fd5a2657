// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xendmabuf-channel.h>

#include "agent/route-channel.h"
#include "common/container_of.h"

/* One program's channel.  The link has a descriptor of its own of the socket. */
struct channel {
	struct xwl_maker maker;
	struct xendmabuf_channel *handle;
};

/*
 * The daemon of this machine answers as soon as it has made and granted the dma-buf,
 * which takes less than the program needs to draw; other programs' messages wait meanwhile
 */
static int make_memory(struct xwl_maker *m, int memfd, uint64_t offset,
		       uint64_t size)
{
	struct channel *c = container_of(m, struct channel, maker);
	int fd, err = xendmabuf_channel_memory(c->handle, memfd, offset, size,
					       &fd);

	/* the file was looked at before: the configuration does not allow it */
	if (err == -EPERM)
		return -EOPNOTSUPP;
	return err ? err : fd;
}

static void end_passage(struct xwl_passage *p)
{
	struct channel *c = container_of(p->across, struct channel, maker);

	xendmabuf_channel_close(c->handle);
	free(c);
}

static int take_news(struct xwl_passage *p)
{
	struct channel *c = container_of(p->across, struct channel, maker);
	struct xendmabuf_channel_event event;
	int err;

	/* the others are of buffers, and about these the halves tell each other */
	do {
		err = xendmabuf_channel_event(c->handle, &event, sizeof(event));
	} while (!err && event.type != XENDMABUF_CHANNEL_FAILED);
	if (!err)
		return event.error;
	return err == -EAGAIN ? 0 : err;
}

const char *xwl_channel_failure(int err)
{
	switch (err) {
	case -ENOSPC:
		return "no room for a buffer in this domain's grant table (max_grant_frames in its xl.cfg; before Xen 4.18 also gnttab_max_frames of Xen), or in the other domain's table of mappings (gnttab_max_maptrack_frames of Xen): this domain's log of xen-channeld says more";
	case -EDQUOT:
		return "no room for a buffer in max-memory or max-buffers of either domain's xen-channeld.conf, or in what the driver grants or maps: the logs of xen-channeld say which";
	case -EFBIG:
		return "a buffer is larger than max-memory of either domain's xen-channeld.conf allows";
	case -EOPNOTSUPP:
		return "a buffer is not in this domain's RAM, such as a graphics card's, or either domain's xen-channeld.conf does not allow it";
	case -EMLINK:
		return "the pages of a buffer are in too many buffers that are shown already";
	case -ETIME:
		return "a buffer was not drawn in time";
	default:
		return NULL;
	}
}

static int make_passage(const struct xwl_channel_route *r,
			struct xendmabuf_channel *handle,
			struct xwl_passage *out)
{
	int fd = fcntl(xendmabuf_channel_fd(handle), F_DUPFD_CLOEXEC, 0);
	struct channel *c;

	if (fd < 0)
		return -errno;
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	c->handle = handle;
	c->maker.make = make_memory;
	c->maker.pagemap = r->pagemap;
	*out = (struct xwl_passage){
		.socket = fd,
		.maker = r->copy ? NULL : &c->maker,
		.across = &c->maker,
		.explain = xwl_channel_failure,
		.news = xendmabuf_channel_event_fd(handle),
		.end = end_passage,
	};
	if (out->news >= 0)
		out->take_news = take_news;
	return 0;
}

static int call_channel(struct xwl_route *route, int *pending,
			struct xwl_passage *out)
{
	struct xwl_channel_route *r =
		container_of(route, struct xwl_channel_route, route);
	int err = xendmabuf_channel_connect_start(
		r->domain, r->service, XENDMABUF_CHANNEL_NONBLOCK, pending);

	return err ? err : 1;
}

static int take_channel(struct xwl_route *route, int pending,
			struct xwl_passage *out)
{
	struct xwl_channel_route *r =
		container_of(route, struct xwl_channel_route, route);
	struct xendmabuf_channel *handle;
	int err = xendmabuf_channel_accept(pending, &handle);

	if (err)
		return err;
	err = make_passage(r, handle, out);
	if (err)
		xendmabuf_channel_close(handle);
	return err;
}

static const char *explain_channel(int err)
{
	switch (err) {
	case -ENOENT:
		return "xen-channeld is not running in this domain";
	case -EPERM:
		return "xen-channeld.conf has no section [use] that lets this user connect";
	case -ENOTCONN:
		return "no link to the domain: is xen-channeld running there?";
	case -EACCES:
		return "the other domain's xen-channeld.conf does not allow the connection";
	case -ECONNREFUSED:
		return "no xen-wayland host listens there, or xen-channeld of this domain has stopped";
	case -EPIPE:
		return "xen-channeld of this domain has stopped";
	case -EPROTOTYPE:
		return "both domains' xen-channeld.conf need type = seqpacket";
	default:
		return strerror(-err);
	}
}

void xwl_channel_route_init(struct xwl_channel_route *r, const char *domain,
			    const char *service, bool copy)
{
	r->route = (struct xwl_route){
		.call = call_channel,
		.answer = take_channel,
		.explain = explain_channel,
	};
	r->domain = domain;
	r->service = service;
	r->copy = copy;
	r->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

void xwl_channel_route_fini(struct xwl_channel_route *r)
{
	if (r->pagemap >= 0)
		close(r->pagemap);
	r->pagemap = -1;
}
