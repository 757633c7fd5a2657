// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <glob.h>
#include <linux/sync_file.h>
#include <sys/ioctl.h>
#include <xf86drm.h>

#include "guest.h"
#include "kernel.h"

struct kernel kernel;

int __wrap_drmSyncobjFDToHandle(int device, int fd, uint32_t *handle);
int __wrap_drmSyncobjDestroy(int device, uint32_t handle);
int __wrap_drmGetCap(int device, uint64_t capability, uint64_t *value);
int __wrap_glob64(const char *pattern, int flags, void *failed,
		  glob64_t *found);
int __wrap_drmSyncobjEventfd(int device, uint32_t handle, uint64_t point,
			     int fd, uint32_t flags);
int __wrap_drmSyncobjTimelineSignal(int device, const uint32_t *handles,
				    uint64_t *points, uint32_t nr);
int __real_glob64(const char *pattern, int flags, void *failed,
		  glob64_t *found);
int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg);

int __wrap_drmSyncobjFDToHandle(int device, int fd, uint32_t *handle)
{
	assert_int_equal(device, guest.device.fd);
	if (kernel.is_no_timeline) {
		errno = EINVAL;
		return -1;
	}
	*handle = 7;
	kernel.timelines++;
	return 0;
}

int __wrap_drmSyncobjDestroy(int device, uint32_t handle)
{
	assert_int_equal(handle, 7);
	kernel.timelines--;
	return 0;
}

int __wrap_drmSyncobjEventfd(int device, uint32_t handle, uint64_t point,
			     int fd, uint32_t flags)
{
	if (!handle) {
		errno = kernel.eventfd_error;
		return -1;
	}
	assert_int_equal(handle, 7);
	assert_int_equal(flags, 0);
	kernel.point_eventfd = fd;
	return 0;
}

int __wrap_drmSyncobjTimelineSignal(int device, const uint32_t *handles,
				    uint64_t *points, uint32_t nr)
{
	assert_int_equal(nr, 1);
	assert_int_equal(handles[0], 7);
	kernel.signalled++;
	kernel.signalled_point = points[0];
	return 0;
}

int __wrap_drmGetCap(int device, uint64_t capability, uint64_t *value)
{
	*value = capability == DRM_CAP_SYNCOBJ_TIMELINE;
	return 0;
}

int __wrap_glob64(const char *pattern, int flags, void *failed, glob64_t *found)
{
	return __real_glob64("/dev/null", flags, failed, found);
}

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	if (request == SYNC_IOC_FILE_INFO && kernel.is_fence)
		return 0;
	return __real_ioctl(fd, request, arg);
}
