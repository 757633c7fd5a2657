/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages that another domain has granted, through Linux' driver xen-gntdev */
#ifndef XDL_GNTDEV_H
#define XDL_GNTDEV_H

#include <stdint.h>

#define XDL_GNTDEV "/dev/xen/gntdev"

/*
 * Copies the page behind reference @ref of @domid to @page.  @fd: an open gntdev.
 * 0 or -errno; EACCES: not granted to this domain
 */
int xdl_gntdev_copy(int fd, uint16_t domid, uint32_t ref, void *page);

#endif
