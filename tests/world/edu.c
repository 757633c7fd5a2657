// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "edu.h"
#include "machine.h"

#define DEVICE "/dev/xdb-edu"
#define MOST (1UL << 22) /* largest copy by one call */

int edu_open(void)
{
	int fd, err = machine_load("xdb_edu", NULL);

	if (err)
		return err;
	fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int call_edu(int edu, unsigned long cmd, void *arg)
{
	return ioctl(edu, cmd, arg) < 0 ? -errno : 0;
}

int edu_attach(int edu, int dmabuf, unsigned int mask_bits)
{
	struct xdb_edu_attach req = { dmabuf, mask_bits };

	return call_edu(edu, XDB_EDU_IOC_ATTACH, &req);
}

int edu_detach(int edu)
{
	return call_edu(edu, XDB_EDU_IOC_DETACH, NULL);
}

int edu_map(int edu, unsigned int direction, struct xdb_edu_map *told)
{
	struct xdb_edu_map req = { .direction = direction };
	int err = call_edu(edu, XDB_EDU_IOC_MAP, &req);

	if (!err && told)
		*told = req;
	return err;
}

int edu_unmap(int edu)
{
	return call_edu(edu, XDB_EDU_IOC_UNMAP, NULL);
}

static int copy_pieces(int edu, unsigned long cmd, uint64_t offset, void *user,
		       size_t len, int write)
{
	struct xdb_edu_copy req;
	size_t done;
	int err = 0;

	for (done = 0; !err && done < len; done += req.len) {
		req.offset = offset + done;
		req.user = (uintptr_t)user + done;
		req.len = len - done > MOST ? MOST : len - done;
		req.write = write;
		err = call_edu(edu, cmd, &req);
	}
	return err;
}

int edu_read(int edu, uint64_t offset, void *to, size_t len)
{
	return copy_pieces(edu, XDB_EDU_IOC_DMA, offset, to, len, 0);
}

int edu_write(int edu, uint64_t offset, const void *from, size_t len)
{
	return copy_pieces(edu, XDB_EDU_IOC_DMA, offset, (void *)from, len, 1);
}

int edu_vmap(int edu)
{
	return call_edu(edu, XDB_EDU_IOC_VMAP, NULL);
}

int edu_vunmap(int edu)
{
	return call_edu(edu, XDB_EDU_IOC_VUNMAP, NULL);
}

int edu_vread(int edu, uint64_t offset, void *to, size_t len)
{
	return copy_pieces(edu, XDB_EDU_IOC_VCOPY, offset, to, len, 0);
}

int edu_vwrite(int edu, uint64_t offset, const void *from, size_t len)
{
	return copy_pieces(edu, XDB_EDU_IOC_VCOPY, offset, (void *)from, len,
			   1);
}

int edu_vram(int edu, uint64_t offset, void *to, size_t len)
{
	return copy_pieces(edu, XDB_EDU_IOC_VRAM, offset, to, len, 0);
}
