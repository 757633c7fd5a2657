/* SPDX-License-Identifier: GPL-2.0-only */
/* Page frames from the DMA API: what only the driver calls; see also <xen/dmabuf-backing.h>. */
#ifndef XDB_BACKING_H
#define XDB_BACKING_H

int xdb_backing_init(void);
void xdb_backing_exit(void);
unsigned int xdb_backing_owed(void);

#endif
