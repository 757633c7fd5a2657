// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own events, not those of udev: a driver domain need not have
 * it.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "daemon.h"
#include "vdispl/frontend.h"
#include "output/hotplug.h"
#include "output/kms-card.h"

#define KERNEL_GROUP 1U
#define UEVENT_MAX 8192

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
static int next(int fd)
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
		/* some were lost; one of these may have been ours */
		return errno == ENOBUFS ? 1 : errno == EINTR ? 0 : -1;
	/* others than the kernel may send, too */
	return !from.nl_pid && xd_uevent_is_drm(text, (size_t)n);
}

static void ready(struct xdc_source *s, uint32_t events)
{
	struct xd_daemon *d = container_of(s, struct xd_daemon, hotplug);
	struct xd_frontend *f;
	bool ours = false;
	unsigned int i;
	int what;

	while ((what = next(s->fd)) >= 0)
		ours |= what;
	if (!ours)
		return;
	xd_kms_hotplug();
	LIST_FOREACH(f, &d->frontends, link)
	for (i = 0; i < f->nr_connectors; i++)
		xd_screen_look(&f->connectors[i].screen);
}

int xd_hotplug_start(struct xd_daemon *d)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = KERNEL_GROUP,
	};
	int err = 0;

	d->hotplug.ready = ready;
	d->hotplug.fd = socket(AF_NETLINK,
			       SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			       NETLINK_KOBJECT_UEVENT);
	if (d->hotplug.fd < 0)
		return -errno;
	if (bind(d->hotplug.fd, (struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	if (!err)
		err = xdc_loop_add(&d->loop, &d->hotplug, EPOLLIN);
	if (err) {
		close(d->hotplug.fd);
		d->hotplug.fd = -1;
	}
	return err;
}

void xd_hotplug_stop(struct xd_daemon *d)
{
	if (d->hotplug.fd < 0)
		return;
	xdc_loop_remove(&d->loop, &d->hotplug);
	close(d->hotplug.fd);
	d->hotplug.fd = -1;
}
