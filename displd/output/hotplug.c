// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's uevents, not udev's: a driver domain may run without udev. */
#include <errno.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/loop.h"
#include "output/hotplug.h"
#include "output/kms-card.h"

#define KERNEL_GROUP 1U
#define UEVENT_MAX 8192

struct xd_hotplug {
	struct xdc_loop *loop;
	struct xdc_source source;
	struct xdc_timer settled;
	void (*changed)(void *user);
	void *user;
};

bool xd_uevent_is_drm(const char *text, size_t len)
{
	static const char drm[] = "SUBSYSTEM=drm";
	const char *end = text + len, *nul;

	while (text < end) {
		nul = memchr(text, 0, (size_t)(end - text));
		if (!nul)
			return false;
		if (!strcmp(text, drm))
			return true;
		text = nul + 1;
	}
	return false;
}

/* 1: of a card or connector, 0: of something else, -1: no more for now */
static int read_event(int fd)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	char text[UEVENT_MAX];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		/* some were lost, maybe one of a card */
		return errno == ENOBUFS ? 1 : errno == EINTR ? 0 : -1;
	/* nl_pid 0: from the kernel; other processes may send as well */
	return !from.nl_pid && xd_uevent_is_drm(text, (size_t)n);
}

static void read_events(struct xdc_source *s, uint32_t events)
{
	struct xd_hotplug *h = container_of(s, struct xd_hotplug, source);
	bool of_drm = false;
	int what;

	while ((what = read_event(s->fd)) >= 0)
		of_drm |= what;
	if (!of_drm)
		return;
	xd_kms_hotplug();
	xdc_timer_in(&h->settled, XD_KMS_PROBE_DELAY);
}

/*
 * The outputs that lose their screens are told first, also those of which a probe has to
 * tell: another guest must not take a screen that its guest will set up again.
 */
static void settled_fired(struct xdc_timer *t)
{
	struct xd_hotplug *h = container_of(t, struct xd_hotplug, settled);

	h->changed(h->user);
}

int xd_hotplug_start(struct xdc_loop *loop, void (*changed)(void *user),
		     void *user, struct xd_hotplug **out)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = KERNEL_GROUP,
	};
	struct xd_hotplug *h = calloc(1, sizeof(*h));
	int err;

	if (!h)
		return -ENOMEM;
	h->loop = loop;
	h->changed = changed;
	h->user = user;
	xdc_timer_init(loop, &h->settled, settled_fired);
	h->source.ready = read_events;
	h->source.fd = socket(AF_NETLINK,
			      SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			      NETLINK_KOBJECT_UEVENT);
	if (h->source.fd < 0) {
		err = -errno;
		goto free_hotplug;
	}
	if (bind(h->source.fd, (struct sockaddr *)&address, sizeof(address))) {
		err = -errno;
		goto close_socket;
	}
	err = xdc_loop_add(loop, &h->source, EPOLLIN);
	if (err)
		goto close_socket;
	*out = h;
	return 0;

close_socket:
	close(h->source.fd);
free_hotplug:
	free(h);
	return err;
}

void xd_hotplug_stop(struct xd_hotplug *h)
{
	if (!h)
		return;
	xdc_timer_fini(&h->settled);
	xdc_loop_remove(h->loop, &h->source);
	close(h->source.fd);
	free(h);
}
