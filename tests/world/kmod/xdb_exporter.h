/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* /dev/xdb-exporter: dma-bufs of wrong or unusual exporters, for tests only. */
#ifndef XDB_EXPORTER_H
#define XDB_EXPORTER_H

#include <linux/ioctl.h>

#define XDB_EXPORTER_PAGES 4 /* of each dma-buf */

#define XDB_EXPORTER_GOOD 0 /* plain memory, correct: the control */
#define XDB_EXPORTER_NO_RAM 1 /* has the zero page, not to be granted */
#define XDB_EXPORTER_SHORT 2 /* its table ends a page before the buffer does */
#define XDB_EXPORTER_UNALIGNED 3 /* starts in the middle of a page */
#define XDB_EXPORTER_OTHER 4 /* its device addresses are wrong */
#define XDB_EXPORTER_BUSY 5 /* refuses to be mapped: EBUSY */
#define XDB_EXPORTER_BY_PAGE 6 /* maps each page by itself */
#define XDB_EXPORTER_STUCK 7 /* does not return from unmap while "stuck" is 1 */

/* make a dma-buf of the kind in the argument: its descriptor, or an errno */
#define XDB_EXPORTER_IOC_MAKE _IO('X', 1)

#endif
