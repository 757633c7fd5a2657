// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/maker.h"
#include "common/container_of.h"
#include "common/udmabuf.h"

static int make_udmabuf(struct xwl_maker *m, int memfd, uint64_t offset,
			uint64_t size)
{
	struct xwl_udmabuf *u = container_of(m, struct xwl_udmabuf, maker);
	int err;

	if (u->device < 0)
		return -EOPNOTSUPP;
	/* the kernel has no errno value of its own for it */
	if (size > u->max)
		u->max = xdc_udmabuf_max();
	if (size > u->max)
		return -EFBIG;
	err = xdc_udmabuf_prepare(memfd, offset + size);
	return err ? err : xdc_udmabuf_make(u->device, memfd, offset, size);
}

void xwl_udmabuf_open(struct xwl_udmabuf *u)
{
	u->maker.make = make_udmabuf;
	u->maker.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	u->device = open(XDC_UDMABUF_PATH, O_RDWR | O_CLOEXEC);
	u->max = xdc_udmabuf_max();
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
