/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages that another domain may read, of Linux' driver xen-gntalloc */
#ifndef XDL_GNTALLOC_H
#define XDL_GNTALLOC_H

#include <stddef.h>
#include <stdint.h>

#define XDL_GNTALLOC "/dev/xen/gntalloc"
#define XDL_GNTALLOC_MAX 128U /* most pages of one call */

struct xdl_shared {
	int fd; /* an open gntalloc, owned */
	uint64_t index; /* of the pages in that file */
	void *pages;
	size_t nr;
};

/*
 * Shares @nr zeroed pages with @domid, read-only.  @fd: an open gntalloc, which
 * @shared owns if the call succeeds.  @refs: room for @nr references.  0 or -errno;
 * ENOSPC: the driver's limit is reached
 */
int xdl_gntalloc_share(struct xdl_shared *shared, int fd, uint16_t domid,
		       size_t nr, uint32_t *refs);
/* The driver frees the pages when the other domain has unmapped them, too */
void xdl_gntalloc_unshare(struct xdl_shared *shared);

#endif
