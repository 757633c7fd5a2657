/* SPDX-License-Identifier: GPL-2.0-only */
/* The character device /dev/xen/dmabuf. */
#ifndef XDB_DEVICE_H
#define XDB_DEVICE_H

int xdb_device_init(void);
void xdb_device_exit(void);

#endif
