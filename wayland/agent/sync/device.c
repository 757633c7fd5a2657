// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/sync/device.h"
#include "wayland-config.h"

#if XWL_TIMELINES

#include <xf86drm.h>

/* Linux before 6.6 cannot wait with an eventfd; others say that handle 0 is unknown */
static bool has_eventfds(int fd)
{
	return drmSyncobjEventfd(fd, 0, 0, -1, 0) && errno == ENOENT;
}

static bool has_timelines(int fd)
{
	uint64_t value = 0;

	return !drmGetCap(fd, DRM_CAP_SYNCOBJ_TIMELINE, &value) && value &&
	       has_eventfds(fd);
}

int xwl_sync_import(int device, int fd, uint32_t *handle)
{
	return drmSyncobjFDToHandle(device, fd, handle) ? -errno : 0;
}

void xwl_sync_forget(int device, uint32_t handle)
{
	drmSyncobjDestroy(device, handle);
}

int xwl_sync_eventfd(int device, uint32_t handle, uint64_t point)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), err;

	if (fd < 0)
		return -errno;
	if (!drmSyncobjEventfd(device, handle, point, fd, 0))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int xwl_sync_signal(int device, uint32_t handle, uint64_t point)
{
	return drmSyncobjTimelineSignal(device, &handle, &point, 1) ? -errno
								    : 0;
}

#else

static bool has_timelines(int fd)
{
	return false;
}

int xwl_sync_import(int device, int fd, uint32_t *handle)
{
	return -EOPNOTSUPP;
}

void xwl_sync_forget(int device, uint32_t handle)
{
}

int xwl_sync_eventfd(int device, uint32_t handle, uint64_t point)
{
	return -EOPNOTSUPP;
}

int xwl_sync_signal(int device, uint32_t handle, uint64_t point)
{
	return -EOPNOTSUPP;
}

#endif

static void look_at(struct xwl_sync_device *d, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	d->by = XWL_SYNC_FENCES;
	if (has_timelines(fd)) {
		d->by = XWL_SYNC_TIMELINES;
		d->fd = fd;
	} else {
		close(fd);
	}
}

void xwl_sync_device_open(struct xwl_sync_device *d)
{
	glob_t found;
	size_t i;

	d->by = XWL_SYNC_NOTHING;
	d->fd = -1;
	/*
	 * Not the cards: the first to open one may set its modes, and a compositor that
	 * comes later may not
	 */
	if (glob("/dev/dri/renderD*", 0, NULL, &found))
		return;
	/* timelines of one device are known to all: any will do */
	for (i = 0; i < found.gl_pathc && d->fd < 0; i++)
		look_at(d, found.gl_pathv[i]);
	globfree(&found);
}

void xwl_sync_device_close(struct xwl_sync_device *d)
{
	if (d->fd >= 0)
		close(d->fd);
}
