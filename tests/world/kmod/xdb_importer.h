/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/xdb-importer: importers of dma-bufs of every kind, for tests only.  One
 * file attaches one dma-buf.  All calls return 0 or an errno.
 */
#ifndef XDB_IMPORTER_H
#define XDB_IMPORTER_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define XDB_IMPORTER_STATIC 0 /* has no notify callback */
#define XDB_IMPORTER_DYNAMIC 1 /* unmaps when it is notified */
#define XDB_IMPORTER_STUBBORN 2 /* is notified, and does not unmap */
/*
 * Like an RDMA driver's: means to pin before it maps.  It has no notify callback,
 * or one that must not be called, where kernels want one.
 */
#define XDB_IMPORTER_PINNING 3

struct xdb_importer_attach {
	__s32 dmabuf_fd;
	__u32 kind;
	__u32 mask_bits; /* address bits of the device */
	__u32 boundary; /* of the device's segments, in bytes; 0: none below 4 GiB */
};

struct xdb_importer_segments {
	__u32 nr;
	__u32 crossings; /* how many cross the boundary */
	__u64 first; /* the device address of the first one */
	__u64 page; /* the physical address of the first page; 0: no vmap */
};

/* how PEEK reads a page */
#define XDB_IMPORTER_LINEAR 0 /* at its address in the kernel's linear map */
#define XDB_IMPORTER_VMAP 1 /* by vmap() of all pages of the table */

struct xdb_importer_peek {
	__u32 how;
	__u32 page; /* its place in the buffer */
	__u32 byte; /* out: the first of the page */
	__u32 fault; /* out: 1 if nothing is mapped there, and reading would fault */
};

#define XDB_IMPORTER_IOC_ATTACH _IOW('I', 1, struct xdb_importer_attach)
#define XDB_IMPORTER_IOC_DETACH _IO('I', 2)
/* the argument: 1 the device reads, 2 writes, 3 both */
#define XDB_IMPORTER_IOC_MAP _IO('I', 3)
#define XDB_IMPORTER_IOC_UNMAP _IO('I', 4)
/* how often it was notified to unmap */
#define XDB_IMPORTER_IOC_TOLD _IO('I', 5)
/* 1 while it has a mapping */
#define XDB_IMPORTER_IOC_MAPPED _IO('I', 6)
/* EINVAL: a static importer, which the core pins */
#define XDB_IMPORTER_IOC_PIN _IO('I', 7)
#define XDB_IMPORTER_IOC_UNPIN _IO('I', 8)
/* begin work of the device, a BOOKKEEP fence; end it by signalling the fence */
#define XDB_IMPORTER_IOC_FENCE _IO('I', 9)
#define XDB_IMPORTER_IOC_SIGNAL _IO('I', 10)
/* the segments of its mapping */
#define XDB_IMPORTER_IOC_SEGMENTS _IOR('I', 11, struct xdb_importer_segments)
/* begin work that writes to the buffer, a WRITE fence; SIGNAL ends it, too */
#define XDB_IMPORTER_IOC_WRITE _IO('I', 12)
/* detach, though the work has not ended */
#define XDB_IMPORTER_IOC_LEAVE _IO('I', 13)
/*
 * Read from the pages of its sg table, as drivers do that do not use dma-buf's vmap.
 * EOPNOTSUPP: this kernel hides the pages of sg tables from importers.
 */
#define XDB_IMPORTER_IOC_PEEK _IOWR('I', 14, struct xdb_importer_peek)
/* dma-buf's vmap, once; detaching ends it */
#define XDB_IMPORTER_IOC_VMAP _IO('I', 15)
#define XDB_IMPORTER_IOC_VUNMAP _IO('I', 16)

#endif
