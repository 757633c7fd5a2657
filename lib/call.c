// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "call.h"

int xdl_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int xdl_open_device(const char *path, int flags)
{
	int fd = xdl_open(path, flags);

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ENXIO)
		fd = -ENODEV;
	return fd;
}

int xdl_ioctl(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

int xdl_ioctl_fill(int fd, unsigned long request, void *info, size_t size,
		   size_t first)
{
	uint32_t known = size;

	if (size < first || size > UINT32_MAX)
		return -EINVAL;
	memset(info, 0, size);
	memcpy(info, &known, sizeof(known));
	return xdl_ioctl(fd, request, info);
}

int xdl_check_refs(const uint32_t *refs, size_t nr_refs, unsigned int flags,
		   unsigned int known)
{
	if (flags & ~known)
		return -EOPNOTSUPP;
	if (!nr_refs || !refs)
		return -EINVAL;
	/* The driver counts in 32 bits: a larger number would be cut off */
	if (nr_refs > UINT32_MAX)
		return -EFBIG;
	return 0;
}
