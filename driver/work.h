/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver's workqueue, for operations that are retried later. */
#ifndef XDB_WORK_H
#define XDB_WORK_H

struct workqueue_struct;

extern struct workqueue_struct *xdb_wq;
int xdb_work_init(void);
void xdb_work_exit(void);

#endif
