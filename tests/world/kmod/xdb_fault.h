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

#define XDB_FAULT_IOC_ARM _IOW('F', 1, struct xdb_fault_arm)
#define XDB_FAULT_IOC_DISARM _IOR('F', 2, struct xdb_fault_result)

#endif
