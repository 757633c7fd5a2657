// SPDX-License-Identifier: GPL-2.0-only
/* The driver's workqueues, for operations that are retried or done later. */
#include <linux/errno.h>
#include <linux/workqueue.h>

#include "work.h"

struct workqueue_struct *xdb_wq;
struct workqueue_struct *xdb_foreign_wq;

int xdb_work_init(void)
{
	xdb_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND, 0);
	if (!xdb_wq)
		return -ENOMEM;
	/* The most that the kernel allows, as stuck work takes its place. */
	xdb_foreign_wq = alloc_workqueue(KBUILD_MODNAME "-foreign", WQ_UNBOUND,
					 WQ_MAX_ACTIVE);
	if (!xdb_foreign_wq) {
		destroy_workqueue(xdb_wq);
		return -ENOMEM;
	}
	return 0;
}

/* Waits for queued work to finish. */
void xdb_work_exit(void)
{
	destroy_workqueue(xdb_foreign_wq);
	destroy_workqueue(xdb_wq);
}
