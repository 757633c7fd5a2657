/* SPDX-License-Identifier: GPL-2.0-only */
/* The character devices /dev/xen/dmabuf and /dev/xen/dmabuf-grant. */
#ifndef XDB_DEVICE_H
#define XDB_DEVICE_H

int xdb_device_init(void);
void xdb_device_exit(void);

#endif
