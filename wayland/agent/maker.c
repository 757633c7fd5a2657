// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/maker.h"
#include "common/container_of.h"

#define LIMIT "/sys/module/udmabuf/parameters/size_limit_mb"

/* The kernel tells a size that is too large by no errno of its own */
static uint64_t max_bytes(void)
{
	unsigned int mib = 64;
	FILE *f = fopen(LIMIT, "re");

	if (f) {
		if (fscanf(f, "%u", &mib) != 1)
			mib = 64;
		fclose(f);
	}
	return (uint64_t)mib << 20;
}

static int make_udmabuf(struct xwl_maker *m, int memfd, uint64_t offset,
			uint64_t size)
{
	struct xwl_udmabuf *u = container_of(m, struct xwl_udmabuf, maker);
	struct udmabuf_create args = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = offset,
		.size = size,
	};
	int fd;

	if (u->device < 0)
		return -EOPNOTSUPP;
	fd = ioctl(u->device, UDMABUF_CREATE, &args);
	if (fd >= 0)
		return fd;
	return errno == EINVAL && size > max_bytes() ? -EFBIG : -errno;
}

void xwl_udmabuf_open(struct xwl_udmabuf *u)
{
	u->maker.make = make_udmabuf;
	u->maker.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	u->device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void xwl_udmabuf_close(struct xwl_udmabuf *u)
{
	close_if_open(u->maker.pagemap);
	close_if_open(u->device);
	u->maker.pagemap = u->device = -1;
}
