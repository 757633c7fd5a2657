/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/xdb-fault: lets one call of the driver's into the kernel fail, for tests
 * only and on any kernel with kprobes.
 */
#ifndef XDB_FAULT_H
#define XDB_FAULT_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * From now on the calls that code in [@start, @end) makes for this thread are
 * counted, and the @nth one fails; 0 for none.  With @status, a GNTST_* of Xen's,
 * only calls of gnttab_map_refs() count, and the @nth one succeeds as a call
 * while Xen seems to have said that of every page.
 */
struct xdb_fault_arm {
	__u64 start;
	__u64 end;
	__u32 nth;
	__s32 status;
};

/* No more.  @fired: whether it came to that; @name: which function that was */
struct xdb_fault_result {
	__u32 seen;
	__u32 fired;
	char name[56];
};

/* Whether every function that could be made to fail can be; @missing: the first */
struct xdb_fault_probes {
	__u32 wanted;
	__u32 there;
	char missing[56];
};

#define XDB_SPOIL_MAP 0 /* gnttab_map_refs() */
#define XDB_SPOIL_UNMAP 1 /* gnttab_unmap_refs() */
#define XDB_SPOIL_USER_MAP 2 /* what PV's user mappings do in their place */
#define XDB_SPOIL_USER_UNMAP 3
#define XDB_SPOIL_DECREASE 4 /* xenmem_reservation_decrease() */
#define XDB_SPOIL_INCREASE 5
#define XDB_SPOIL_NR 6

#define XDB_SPOIL_ALL 0xffffffffU

/*
 * Once, in the @call-th (from 1) call of @what by code in [@start, @end), for
 * whichever thread: operation @index of it ends with @status, all of them with
 * XDB_SPOIL_ALL.  A map is refused indeed, an unmap is done all the same and
 * only said to have failed: nothing is lost but what the driver gives up.  The
 * last two get through with @index pages only.
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
