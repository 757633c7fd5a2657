// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/grant_table.h> /* types that gntdev.h uses */
#include <xen/gntdev.h>
#include <xendmabuf.h>

#include "call.h"
#include "gntdev.h"

static int copy_mapped(int fd, uint64_t index, void *page)
{
	void *theirs = mmap(NULL, XENDMABUF_PAGE_SIZE, PROT_READ, MAP_SHARED,
			    fd, index);

	if (theirs == MAP_FAILED)
		/* gntdev's error if Xen did not map the reference */
		return errno == EINVAL ? -EACCES : -errno;
	memcpy(page, theirs, XENDMABUF_PAGE_SIZE);
	munmap(theirs, XENDMABUF_PAGE_SIZE);
	return 0;
}

int xdl_gntdev_copy(int fd, uint16_t domid, uint32_t ref, void *page)
{
	struct ioctl_gntdev_map_grant_ref map = {
		.count = 1,
		.refs = { { .domid = domid, .ref = ref } },
	};
	struct ioctl_gntdev_unmap_grant_ref unmap = { .count = 1 };
	int err;

	err = xdl_ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, &map);
	if (err)
		return err;
	err = copy_mapped(fd, map.index, page);
	unmap.index = map.index;
	xdl_ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
	return err;
}
