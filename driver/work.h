/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver's workqueues, for operations that are retried or done later. */
#ifndef XDB_WORK_H
#define XDB_WORK_H

struct workqueue_struct;

/* For work that calls this driver and Xen alone, and therefore always ends. */
extern struct workqueue_struct *xdb_wq;
/*
 * For work that calls other drivers, exporters and importers among them, or
 * xenstore.  They may keep it waiting without end.  Each object that such a
 * call is made for has a work of its own, so that the others go on.
 */
extern struct workqueue_struct *xdb_foreign_wq;

int xdb_work_init(void);
void xdb_work_exit(void);

#endif
