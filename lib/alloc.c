// SPDX-License-Identifier: LGPL-2.1-or-later
/* Local dma-bufs, from a heap, from a memfd or from vgem */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "api.h"
#include "call.h"
#include "dumb.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define HEAP "/dev/dma_heap/system"
#define UDMABUF "/dev/udmabuf"
#define UDMABUF_LIMIT "/sys/module/udmabuf/parameters/size_limit_mb"

static int heap_alloc(size_t size)
{
	struct dma_heap_allocation_data args = {
		.len = size,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap, err;

	heap = xdl_open_device(HEAP, O_RDONLY);
	if (heap < 0)
		return heap;
	err = xdl_ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &args);
	close(heap);
	return err < 0 ? err : (int)args.fd;
}

static int memfd_new(size_t size)
{
	int fd, err;

	/* Newer kernels log programs that do not seal it against execution */
	fd = memfd_create("xendmabuf",
			  MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("xendmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	/* udmabuf accepts a memfd only if it is sealed against shrinking */
	if (ftruncate(fd, size) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* udmabuf's limit in bytes; the kernel's default if it cannot be read */
static uint64_t udmabuf_limit(void)
{
	char text[16] = "";
	unsigned long mb = 0;
	int fd;

	fd = xdl_open(UDMABUF_LIMIT, O_RDONLY);
	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) > 0)
			mb = strtoul(text, NULL, 10);
		close(fd);
	}
	if (!mb || mb > INT_MAX)
		mb = 64;
	return (uint64_t)mb << 20;
}

static int udmabuf_alloc(size_t size)
{
	struct udmabuf_create args = {
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = size,
	};
	int dev, memfd, ret;

	dev = xdl_open_device(UDMABUF, O_RDWR);
	if (dev < 0)
		return dev;
	memfd = memfd_new(size);
	if (memfd < 0) {
		close(dev);
		return memfd;
	}
	args.memfd = memfd;
	ret = xdl_ioctl(dev, UDMABUF_CREATE, &args);
	/* EINVAL would make the caller look for an error in its arguments */
	if (ret == -EINVAL && size > udmabuf_limit())
		ret = -EFBIG;
	close(memfd);
	close(dev);
	return ret;
}

/* Whether it is worth trying another source after this error */
static bool may_try_next(int ret)
{
	return ret == -ENODEV || ret == -EACCES || ret == -EPERM;
}

static int (*const sources[])(size_t size) = {
	[XENDMABUF_ALLOC_HEAP] = heap_alloc,
	[XENDMABUF_ALLOC_UDMABUF] = udmabuf_alloc,
	[XENDMABUF_ALLOC_DUMB] = xdl_dumb_alloc,
};

#define NR_SOURCES (sizeof(sources) / sizeof(sources[0]))

static int any_alloc(size_t size)
{
	int ret = -ENODEV, other;
	size_t i;

	for (i = 1; i < NR_SOURCES && may_try_next(ret); i++) {
		if (i == XENDMABUF_ALLOC_DUMB && xdl_dumb_untouchable())
			break;
		other = sources[i](size);
		/* "No permission" helps the user more than "no device" */
		if (other != -ENODEV)
			ret = other;
	}
	return ret;
}

XDL_API int xendmabuf_alloc(size_t size, unsigned int source, int *dmabuf_fd)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int ret;

	*dmabuf_fd = -1;
	if (!size || source >= NR_SOURCES)
		return -EINVAL;
	if (page < XENDMABUF_PAGE_SIZE)
		page = XENDMABUF_PAGE_SIZE;
	if (size > (size_t)SSIZE_MAX - page)
		return -EFBIG;
	size = (size + page - 1) / page * page;

	ret = source == XENDMABUF_ALLOC_ANY ? any_alloc(size)
					    : sources[source](size);
	if (ret < 0)
		return ret;
	*dmabuf_fd = ret;
	return 0;
}
