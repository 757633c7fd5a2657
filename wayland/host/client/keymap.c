// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/client/keymap.h"

static int copy_bytes(int from, int to, uint32_t size)
{
	char bytes[4096];
	uint32_t at = 0;
	ssize_t n;

	while (at < size) {
		n = pread(from, bytes,
			  size - at < sizeof(bytes) ? size - at : sizeof(bytes),
			  at);
		if (n <= 0)
			return n ? -errno : -EIO;
		if (write(to, bytes, (size_t)n) != n)
			return -ENOSPC;
		at += (uint32_t)n;
	}
	return 0;
}

int xwl_keymap_copy(int fd, uint32_t size)
{
	int memory, err;

	if (size > XWL_KEYMAP_MAX)
		return -EFBIG;
	memory = memfd_create("keymap", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memory < 0)
		return -errno;
	err = copy_bytes(fd, memory, size);
	if (!err &&
	    fcntl(memory, F_ADD_SEALS,
		  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		err = -errno;
	if (!err)
		return memory;
	close(memory);
	return err;
}
