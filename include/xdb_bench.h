/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/xdb-bench: the bare grant calls, the least that sharing needs.  For
 * benchmarks only.  One file holds one mapping and one set of pages.
 */
#ifndef XDB_BENCH_H
#define XDB_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* MAP: references in.  GRANT: references of as many of the pages, out */
struct xdb_bench_refs {
	__u32 domid;
	__u32 nr_refs;
	__u64 refs;
};

/* allocate pages, map in batches; unmap in batches, free the pages */
#define XDB_BENCH_IOC_MAP _IOW('N', 1, struct xdb_bench_refs)
#define XDB_BENCH_IOC_UNMAP _IO('N', 2)

/* allocate as many pages as the argument says, for the next three calls */
#define XDB_BENCH_IOC_PAGES _IO('N', 3)
/* claim and grant each page; try to end each */
#define XDB_BENCH_IOC_GRANT _IOW('N', 4, struct xdb_bench_refs)
#define XDB_BENCH_IOC_END _IO('N', 5)
/*
 * The pages as a dma-buf whose exporter does as little as possible: its sg table,
 * one entry a page, is made at the first attach and kept.  Returns the file
 * descriptor, which keeps the pages.
 */
#define XDB_BENCH_IOC_DMABUF _IO('N', 6)

#endif
