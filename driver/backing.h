/* SPDX-License-Identifier: GPL-2.0-only */
/* Page frames from the DMA API, beside what <xen/dmabuf-backing.h> exports. */
#ifndef XDB_BACKING_H
#define XDB_BACKING_H

void xdb_backing_exit(void);
unsigned int xdb_backing_owed(void);

#endif
