/* SPDX-License-Identifier: GPL-2.0-only */
/* Vgem: fences of a stock driver that end when a test wants them to, or after ten
 * seconds.  0 or -errno. */
#ifndef XDB_TEST_VGEM_H
#define XDB_TEST_VGEM_H

#include <stdint.h>

enum vgem_access { VGEM_READS, VGEM_WRITES };

/* from now on a device works on the buffer, for all that the kernel knows */
int vgem_begin(int card, uint32_t handle, enum vgem_access access,
	       uint32_t *fence);
int vgem_end(int card, uint32_t fence);

/* A dma-buf of vgem's that something is written to, for all that Linux knows */
struct vgem_work {
	int card, dmabuf;
	uint32_t fence;
};

/* vgem_end(w->card, w->fence) ends it */
int vgem_begin_work(struct vgem_work *w);
/* a sync_file of all that is written to a dma-buf now; a descriptor */
int vgem_sync_file(int dmabuf);

#endif
