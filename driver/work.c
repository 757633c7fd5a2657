// SPDX-License-Identifier: GPL-2.0-only
/* The workqueue for what has to be tried again. */
#include <linux/errno.h>
#include <linux/workqueue.h>

#include "work.h"

struct workqueue_struct *xdb_wq;

int xdb_work_init(void)
{
	xdb_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND, 0);
	return xdb_wq ? 0 : -ENOMEM;
}

/* Waits for the work that is queued. */
void xdb_work_exit(void)
{
	destroy_workqueue(xdb_wq);
}
