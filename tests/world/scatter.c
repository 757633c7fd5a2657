// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "machine.h"
#include "pattern.h"
#include "scatter.h"

/*
 * A memfd's pages are allocated by the first write.  They are written in a strided
 * order, with other allocations in between that are freed afterwards, so that
 * neighbours in the buffer are not neighbours in memory.
 */
#define STRIDE 127

static int memfd_scattered(size_t pages)
{
	size_t size = pages * PAGE, at, i;
	int fd = memfd_create("scatter", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	uint8_t *va, *between;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, size) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK)) {
		close(fd);
		return -EIO;
	}
	va = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	between = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (va == MAP_FAILED || between == MAP_FAILED) {
		if (va != MAP_FAILED)
			munmap(va, size);
		close(fd);
		return -ENOMEM;
	}
	/* small pages, or a huge one would keep neighbours together */
	madvise(between, size, MADV_NOHUGEPAGE);
	for (at = 0; at < STRIDE; at++) {
		for (i = at; i < pages; i += STRIDE) {
			va[i * PAGE] = 0;
			if (i & 1)
				between[i * PAGE] = 1;
		}
	}
	munmap(between, size);
	munmap(va, size);
	return fd;
}

static int scatter_alloc(size_t pages, int *dmabuf_fd)
{
	struct udmabuf_create create = {
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = pages * PAGE,
	};
	int err, dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);

	if (dev < 0)
		return -ENODEV;
	err = memfd_scattered(pages);
	if (err >= 0) {
		create.memfd = err;
		err = ioctl(dev, UDMABUF_CREATE, &create);
		if (err < 0)
			err = -errno;
		close(create.memfd);
	}
	close(dev);
	if (err < 0)
		return err;
	*dmabuf_fd = err;
	return 0;
}

int source_alloc(const char *source, size_t pages, int *dmabuf_fd)
{
	int err;

	if (!strcmp(source, "scatter"))
		err = scatter_alloc(pages, dmabuf_fd);
	else
		err = xendmabuf_alloc(pages * PAGE,
				      strcmp(source, "heap")
					      ? XENDMABUF_ALLOC_UDMABUF
					      : XENDMABUF_ALLOC_ANY,
				      dmabuf_fd);
	if (err != -ENODEV)
		return err;
	/*
	 * Debian 12 has neither heaps nor udmabuf: vgem instead, which the library
	 * by itself does not use in a PV guest without PCI.
	 */
	machine_load("vgem", NULL);
	return xendmabuf_alloc(pages * PAGE, XENDMABUF_ALLOC_DUMB, dmabuf_fd);
}
