/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/xdb-user: a module that uses the functions that xen_dmabuf exports, for
 * tests only.  One file holds one lease, and with MAP a dma-buf; and one backing.
 * All calls return 0 or an errno.
 */
#ifndef XDB_USER_H
#define XDB_USER_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define XDB_USER_PAGES 1024 /* the maximum */

/* @refs: in with MAP, out with GRANT; EBUSY: this file has a lease already */
struct xdb_user_share {
	__s32 dmabuf_fd; /* GRANT */
	__u32 domid;
	__u32 flags;
	__u32 nr_refs;
	__u64 refs;
};

/* read or write a page of the mapped dma-buf by vmap */
struct xdb_user_page {
	__u64 user; /* a page of memory */
	__u32 page;
	__u32 write;
};

/*
 * Frames without memory: their number, address bits, and whether contiguous.
 * Returns the address bits that they need, and the number of contiguous pieces.
 * EBUSY: this file has frames already.
 */
struct xdb_user_backing {
	__u32 nr_pages;
	__u32 dma_bits;
	__u32 contiguous;
	__u32 bits_needed;
	__u32 pieces;
	__u32 reserved;
};

#define XDB_USER_IOC_MAP _IOW('U', 1, struct xdb_user_share)
#define XDB_USER_IOC_GRANT _IOW('U', 2, struct xdb_user_share)
#define XDB_USER_IOC_PAGE _IOW('U', 3, struct xdb_user_page)
/* the lease's state */
#define XDB_USER_IOC_STATE _IO('U', 4)
#define XDB_USER_IOC_REVOKE _IO('U', 5)
/* wait until RETURNED, as many milliseconds as the argument says */
#define XDB_USER_IOC_WAIT _IO('U', 6)
/* close the dma-buf, but not the lease */
#define XDB_USER_IOC_DROP _IO('U', 7)
#define XDB_USER_IOC_BACK _IOWR('U', 8, struct xdb_user_backing)
/* give the frames their memory back and free them; ENOENT: no frames */
#define XDB_USER_IOC_UNBACK _IO('U', 9)
/*
 * Watch the lease.  EBUSY: it is watched already.  Argument 1: the function that is
 * called at RETURNED releases the lease; the file then takes SAW and UNBACK alone.
 */
#define XDB_USER_IOC_WATCH _IO('U', 10)
#define XDB_USER_IOC_UNWATCH _IO('U', 11)
/* what the function has seen, XDB_USER_SAW_*; works without a lease, too */
#define XDB_USER_IOC_SAW _IO('U', 12)
#define XDB_USER_SAW(state) (1 << (state))
#define XDB_USER_SAW_PEER_GONE (1 << 8)

#endif
