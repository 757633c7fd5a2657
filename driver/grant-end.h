/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a GRANT, from its revoke to the release of the dma-buf. */
#ifndef XDB_GRANT_END_H
#define XDB_GRANT_END_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <xen/grant_table.h>

#include "lease.h"

struct dma_buf;
struct dma_buf_attachment;
struct sg_table;

/**
 * struct xdb_grant - a local dma-buf that a peer may map
 * @lease: first; the grant lives as long as its lease
 * @lock: protects @refs, @live, @ended, @released and @delay, once the
 *	references are made.  Not held while the exporter's code runs
 * @dmabuf: held, with @attach and @sgt, until the last reference has ended
 * @attach: the importer device's attachment to @dmabuf
 * @sgt: the pages of @dmabuf
 * @refs: the references that have not ended; NULL once @released
 * @live: number of @refs
 * @unclaimed: references taken from the grant table but not granted yet
 * @charged: number of pages charged
 * @ended: every reference has ended; only who set it releases the dma-buf
 * @released: the exporter has the dma-buf back; the lease is or will soon be
 *	RETURNED
 * @end_work: retries the end of the references
 * @delay: backoff of @end_work, in jiffies
 * @release_work: releases the dma-buf
 */
struct xdb_grant {
	struct xdb_lease lease;
	struct mutex lock;
	struct dma_buf *dmabuf;
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	grant_ref_t *refs;
	u32 live;
	grant_ref_t unclaimed;
	u32 charged;
	bool ended;
	bool released;
	struct delayed_work end_work;
	unsigned long delay;
	struct work_struct release_work;
};

extern const struct xdb_lease_ops xdb_grant_lease_ops;

void xdb_grant_init_end(struct xdb_grant *grant);
void xdb_grant_undo(struct xdb_grant *grant);

#endif
