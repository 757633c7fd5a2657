/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/xdb-fault: lets one call by the driver into the kernel fail, on any kernel
 * with kprobes.  For tests only.
 */
#ifndef XDB_FAULT_H
#define XDB_FAULT_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Not a status of Xen's, which are 0 or negative. */
#define XDB_FAULT_P2M 1

/*
 * From now on, count the calls by code in [@start, @end) in this thread, and let the
 * @nth one fail; 0 for none.  With @status, a GNTST_* of Xen, only calls of
 * gnttab_map_refs() count, and the @nth one returns success with this status for
 * every page.  With XDB_FAULT_P2M, the kernel's own calls that set an entry of its
 * p2m count, and the @nth one has no memory.
 */
struct xdb_fault_arm {
	__u64 start;
	__u64 end;
	__u32 nth;
	__s32 status;
};

/* Stop.  @fired: whether a call failed; @name: the function that failed */
struct xdb_fault_result {
	__u32 seen;
	__u32 fired;
	char name[56];
};

/* How many functions should have a probe, and have one; @missing: the first without */
struct xdb_fault_probes {
	__u32 wanted;
	__u32 there;
	char missing[56];
};

#define XDB_SPOIL_MAP 0 /* gnttab_map_refs() */
#define XDB_SPOIL_UNMAP 1 /* gnttab_unmap_refs() */
#define XDB_SPOIL_USER_MAP 2 /* the hypercall for user mappings in PV */
#define XDB_SPOIL_USER_UNMAP 3
#define XDB_SPOIL_DECREASE 4 /* xenmem_reservation_decrease() */
#define XDB_SPOIL_INCREASE 5
#define XDB_SPOIL_NR 6

#define XDB_SPOIL_ALL 0xffffffffU

/*
 * Once, in the @call-th (from 1) call of @what by code in [@start, @end) in any
 * thread: operation @index gets @status, all operations with XDB_SPOIL_ALL.  A map
 * is really refused; an unmap is done, and only its status is changed: only the
 * pages that the driver gives up are lost.  DECREASE and INCREASE process @index
 * pages only.
 */
struct xdb_fault_spoil {
	__u64 start;
	__u64 end;
	__u32 what;
	__u32 call;
	__u32 index;
	__s32 status;
};

#define XDB_FAULT_IOC_ARM _IOW('F', 1, struct xdb_fault_arm)
#define XDB_FAULT_IOC_DISARM _IOR('F', 2, struct xdb_fault_result)
#define XDB_FAULT_IOC_PROBES _IOR('F', 3, struct xdb_fault_probes)
#define XDB_FAULT_IOC_SPOIL _IOW('F', 4, struct xdb_fault_spoil)

#endif
