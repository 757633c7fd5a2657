// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "common/fd-socket.h"
#include "wire/socket.h"

#define UNREAD_MAX 8U

unsigned int xwl_unread_max(const struct xwl_unread *u)
{
	return u->limited ? UNREAD_MAX : XWL_SOCKET_FDS;
}

bool xwl_unread_hold(struct xwl_unread *u, int fd, unsigned int nr)
{
	int queued;

	u->held = false;
	if (!u->limited || !nr)
		return false;
	if (u->nr && !ioctl(fd, SIOCOUTQ, &queued) && !queued)
		u->nr = 0;
	u->held = u->nr + nr > UNREAD_MAX;
	return u->held;
}

/* All of them, also where one is too many: none must be lost open */
static int keep_fds(struct xwl_fds *fds, const int *got, unsigned int nr)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr; i++)
		if (xwl_fds_push(fds, got[i]))
			err = -EMFILE;
	return err;
}

ssize_t xwl_socket_receive(int fd, void *data, size_t len, struct xwl_fds *fds)
{
	int got[XDC_SOCKET_FDS], err;
	unsigned int nr;
	ssize_t n = xdc_socket_receive(fd, data, len, got, &nr);

	if (n < 0)
		return n;
	err = keep_fds(fds, got, nr);
	return err ? err : n;
}

bool xwl_socket_closed(int err)
{
	return err == -EPIPE || err == -ECONNRESET;
}
