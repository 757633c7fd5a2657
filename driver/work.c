// SPDX-License-Identifier: GPL-2.0-only
/* The driver's workqueue, for operations that are retried later. */
#include <linux/errno.h>
#include <linux/workqueue.h>

#include "work.h"

struct workqueue_struct *xdb_wq;

int xdb_work_init(void)
{
	xdb_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND, 0);
	return xdb_wq ? 0 : -ENOMEM;
}

/* Waits for queued work to finish. */
void xdb_work_exit(void)
{
	destroy_workqueue(xdb_wq);
}
