// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
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

static int make_copy(int fd, uint32_t size)
{
	int memory, err;

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

static bool has_same_bytes(int a, int b, uint32_t size)
{
	char bytes[2][4096];
	uint32_t at = 0;
	size_t len;

	for (; at < size; at += (uint32_t)len) {
		len = size - at < sizeof(bytes[0]) ? size - at
						   : sizeof(bytes[0]);
		if (pread(a, bytes[0], len, at) != (ssize_t)len ||
		    pread(b, bytes[1], len, at) != (ssize_t)len ||
		    memcmp(bytes[0], bytes[1], len))
			return false;
	}
	return true;
}

int xwl_keymap_copy(struct xwl_bridge *b, int fd, uint32_t size)
{
	struct xwl_keymap *k = &b->keymap;
	int copy;

	if (size > XWL_KEYMAP_MAX)
		return -EFBIG;
	if (!k->made || k->size != size || !has_same_bytes(k->fd, fd, size)) {
		copy = make_copy(fd, size);
		if (copy < 0)
			return copy;
		xwl_keymap_fini(b);
		*k = (struct xwl_keymap){ true, copy, size };
	}
	copy = fcntl(k->fd, F_DUPFD_CLOEXEC, 0);
	return copy < 0 ? -errno : copy;
}

void xwl_keymap_fini(struct xwl_bridge *b)
{
	if (b->keymap.made)
		close(b->keymap.fd);
}
