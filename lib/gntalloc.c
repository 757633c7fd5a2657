// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/gntalloc.h>
#include <xendmabuf.h>

#include "call.h"
#include "gntalloc.h"

#define REFS_AT offsetof(struct ioctl_gntalloc_alloc_gref, gref_ids)

/* The struct ends in an array that is longer than its declaration says */
union alloc_args {
	struct ioctl_gntalloc_alloc_gref head;
	unsigned char room[REFS_AT + XDL_GNTALLOC_MAX * sizeof(uint32_t)];
};

static void free_pages(int fd, uint64_t index, size_t nr)
{
	struct ioctl_gntalloc_dealloc_gref args = {
		.index = index,
		.count = nr,
	};

	xdl_ioctl(fd, IOCTL_GNTALLOC_DEALLOC_GREF, &args);
}

int xdl_gntalloc_share(struct xdl_shared *shared, int fd, uint16_t domid,
		       size_t nr, uint32_t *refs)
{
	union alloc_args args = { .head = { .domid = domid, .count = nr } };
	void *pages;
	int err;

	if (!nr || nr > XDL_GNTALLOC_MAX)
		return -EINVAL;
	err = xdl_ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, &args);
	if (err)
		return err;
	pages = mmap(NULL, nr * XENDMABUF_PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_SHARED, fd, args.head.index);
	if (pages == MAP_FAILED) {
		err = -errno;
		free_pages(fd, args.head.index, nr);
		return err;
	}
	memcpy(refs, args.room + REFS_AT, nr * sizeof(*refs));
	*shared = (struct xdl_shared){
		.fd = fd,
		.index = args.head.index,
		.pages = pages,
		.nr = nr,
	};
	return 0;
}

void xdl_gntalloc_unshare(struct xdl_shared *shared)
{
	munmap(shared->pages, shared->nr * XENDMABUF_PAGE_SIZE);
	/* The file may be open elsewhere, too: closing it would not free them */
	free_pages(shared->fd, shared->index, shared->nr);
	close(shared->fd);
}
