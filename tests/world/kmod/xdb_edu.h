/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/xdb-edu: an importer of dma-bufs, for tests only.
 *
 * QEMU's "edu" card has a DMA engine, whose transfers work like any card's.  One
 * file imports one dma-buf.  All calls return 0 or an errno.
 */
#ifndef XDB_EDU_H
#define XDB_EDU_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define XDB_EDU_TO_DEVICE 1 /* the card reads */
#define XDB_EDU_FROM_DEVICE 2 /* the card writes */
#define XDB_EDU_BOTH 3

/*
 * Attach @dmabuf_fd to the card, with a DMA mask of @mask_bits (12 to 64).
 * EBUSY: this file has a dma-buf already, or another file has one with another
 * mask.
 */
struct xdb_edu_attach {
	__s32 dmabuf_fd;
	__u32 mask_bits;
};

/* Map for @direction; returns the number of segments and the longest one's bytes. */
struct xdb_edu_map {
	__u32 direction;
	__u32 segments;
	__u32 longest;
	__u32 reserved;
	__u64 pages;
};

/*
 * Move @len bytes at @offset of the mapped buffer through the card, to or from
 * @user.  EACCES: not mapped in this direction.  ERANGE: outside of the buffer.
 * ETIMEDOUT: the card did not finish.
 */
struct xdb_edu_copy {
	__u64 offset;
	__u64 user;
	__u32 len;
	__u32 write; /* 1: into the buffer */
};

#define XDB_EDU_IOC_ATTACH _IOW('E', 1, struct xdb_edu_attach)
#define XDB_EDU_IOC_DETACH _IO('E', 2)
#define XDB_EDU_IOC_MAP _IOWR('E', 3, struct xdb_edu_map)
#define XDB_EDU_IOC_UNMAP _IO('E', 4)
#define XDB_EDU_IOC_DMA _IOW('E', 5, struct xdb_edu_copy)
/* a kernel mapping that stays until VUNMAP or the last close */
#define XDB_EDU_IOC_VMAP _IO('E', 6)
#define XDB_EDU_IOC_VUNMAP _IO('E', 7)
#define XDB_EDU_IOC_VCOPY _IOW('E', 8, struct xdb_edu_copy)
/*
 * Read the video memory of the first cirrus card, which the stock driver has
 * drawn.  User space may not map it while that driver is bound.
 */
#define XDB_EDU_IOC_VRAM _IOW('E', 9, struct xdb_edu_copy)

#endif
