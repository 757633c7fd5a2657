// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/udmabuf.h"

#define LIMIT "/sys/module/udmabuf/parameters/size_limit_mb"
#define LIMIT_DEFAULT 64

uint64_t xdc_udmabuf_max(void)
{
	FILE *f = fopen(LIMIT, "re");
	unsigned int mib = 0;

	if (!f || fscanf(f, "%u", &mib) != 1)
		mib = LIMIT_DEFAULT;
	if (f)
		fclose(f);
	return (uint64_t)mib << 20;
}

int xdc_udmabuf_sealable(int memfd)
{
	int seals = fcntl(memfd, F_GET_SEALS);

	if (seals < 0)
		return -errno;
	if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EROFS;
	if (seals & F_SEAL_SHRINK)
		return 0;
	/* a file that is open for reading takes no seals */
	return seals & F_SEAL_SEAL ||
			       (fcntl(memfd, F_GETFL) & O_ACCMODE) == O_RDONLY
		       ? -EPERM
		       : 0;
}

static int seal_memfd(int memfd)
{
	int err = xdc_udmabuf_sealable(memfd);

	if (err || fcntl(memfd, F_GET_SEALS) & F_SEAL_SHRINK)
		return err;
	return fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) ? -errno : 0;
}

/*
 * udmabuf takes no page within which a memfd ends.  So the memfd grows to the end of
 * that page, which belongs to it anyway.
 */
static int grow_memfd(int memfd, uint64_t size)
{
	struct stat st;

	if (fstat(memfd, &st))
		return -errno;
	if ((uint64_t)st.st_size >= size)
		return 0;
	return ftruncate(memfd, (off_t)size) ? -errno : 0;
}

int xdc_udmabuf_prepare(int memfd, uint64_t size)
{
	int err = seal_memfd(memfd);

	return err ? err : grow_memfd(memfd, size);
}

int xdc_udmabuf_make(int device, int memfd, uint64_t offset, uint64_t size)
{
	struct udmabuf_create args = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = offset,
		.size = size,
	};
	int fd = ioctl(device, UDMABUF_CREATE, &args);

	return fd < 0 ? -errno : fd;
}
