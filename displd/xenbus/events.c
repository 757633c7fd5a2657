// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>

#include "xenbus/events.h"

static int open_handle(struct xdc_loop *loop, struct xdc_source *source,
		       xenevtchn_handle **handle)
{
	int err;

	*handle = xenevtchn_open(NULL, 0);
	if (!*handle)
		return errno ? -errno : -ENODEV;
	source->fd = xenevtchn_fd(*handle);
	fcntl(source->fd, F_SETFL, fcntl(source->fd, F_GETFL) | O_NONBLOCK);
	err = xdc_loop_add(loop, source, EPOLLIN);
	if (err)
		source->fd = -1;
	return err;
}

int xd_events_open(struct xdc_loop *loop, struct xdc_source *source,
		   xenevtchn_handle **handle, struct xdc_reason *why)
{
	int err = open_handle(loop, source, handle);

	return err ? xdc_reason_device(why, err, "/dev/xen/evtchn",
				       "xen-evtchn", "xen-displd")
		   : 0;
}

void xd_events_close(struct xdc_loop *loop, struct xdc_source *source,
		     xenevtchn_handle **handle)
{
	if (source->fd >= 0)
		xdc_loop_remove(loop, source);
	source->fd = -1;
	if (*handle)
		xenevtchn_close(*handle);
	*handle = NULL;
}
