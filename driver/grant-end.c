// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a GRANT, from its revoke to the release of the dma-buf.
 *
 * Xen neither tells whether a peer maps a grant, nor can it make the peer unmap
 * it.  The dma-buf therefore stays attached, mapped and referenced until every
 * reference has ended, even if the process closes everything or is killed.  If
 * a peer never unmaps, the memory is leaked, but never reused while the peer
 * maps it.
 *
 * The end has two steps.  The first ends the references, which no one can hold
 * up.  The second gives the dma-buf back to its exporter.  The exporter may
 * take long, or never return; each grant therefore has a work of its own for
 * this step, and neither callers nor other grants wait for it.
 */
#include <linux/dma-buf.h>
#include <linux/dma-direction.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <xen/grant_table.h>

#include <xen/dmabuf.h>

#include "account.h"
#include "grant-end.h"
#include "lease.h"
#include "limits.h"
#include "stats.h"
#include "work.h"

#define MIN_DELAY msecs_to_jiffies(10)
#define MAX_DELAY msecs_to_jiffies(1000)

static struct xdb_grant *to_grant(struct xdb_lease *lease)
{
	return container_of(lease, struct xdb_grant, lease);
}

/* End the references that the peer does not map; the rest move to the front. */
static void end_references(struct xdb_grant *grant)
{
	u32 i, in_use = 0;

	lockdep_assert_held(&grant->lock);
	for (i = 0; i < grant->live; i++) {
		/* Does not warn, as gnttab_end_foreign_access_ref() does. */
		if (!gnttab_try_end_foreign_access(grant->refs[i]))
			grant->refs[in_use++] = grant->refs[i];
		if (i % XDB_BATCH == XDB_BATCH - 1)
			cond_resched();
	}
	if (in_use < grant->live)
		xdb_stat_add(XDB_STAT_RECLAIM_PASSES, 1);
	grant->live = in_use;
}

/* Queued work holds a reference on the lease. */
static void retry_later(struct xdb_grant *grant)
{
	lockdep_assert_held(&grant->lock);
	grant->delay = clamp(grant->delay * 2, MIN_DELAY, MAX_DELAY);
	xdb_lease_get(&grant->lease);
	if (!queue_delayed_work(xdb_wq, &grant->end_work, grant->delay))
		xdb_lease_put(&grant->lease);
}

/*
 * End what can be ended, and retry the rest later.  Returns true to one caller
 * only, which then has to release the dma-buf.
 */
static bool end_all_references(struct xdb_grant *grant)
{
	bool last = false;

	mutex_lock(&grant->lock);
	if (!grant->ended) {
		end_references(grant);
		last = grant->ended = !grant->live;
		if (!last)
			retry_later(grant);
	}
	mutex_unlock(&grant->lock);
	return last;
}

static void release_dmabuf(struct xdb_grant *grant)
{
	if (grant->sgt)
		dma_buf_unmap_attachment_unlocked(grant->attach, grant->sgt,
						  DMA_BIDIRECTIONAL);
	if (grant->attach)
		dma_buf_detach(grant->dmabuf, grant->attach);
	if (grant->dmabuf)
		dma_buf_put(grant->dmabuf);
}

/* Runs the exporter's code; the lease is RETURNED afterwards. */
static void release_grant(struct xdb_grant *grant)
{
	grant_ref_t *refs;

	release_dmabuf(grant);

	mutex_lock(&grant->lock);
	refs = grant->refs;
	grant->refs = NULL;
	grant->released = true;
	mutex_unlock(&grant->lock);
	kvfree(refs);
	xdb_uncharge(&grant->lease.payers, XDB_POOL_GRANTED, grant->charged);
	xdb_lease_advance(&grant->lease, XEN_DMABUF_LEASE_RETURNED);
	/* The lease's first reference, held until it is RETURNED */
	xdb_lease_put(&grant->lease);
}

static void release_work(struct work_struct *work)
{
	release_grant(container_of(work, struct xdb_grant, release_work));
}

static void end_grant(struct xdb_grant *grant)
{
	/* The work needs no reference: the lease's first one is put by it. */
	if (end_all_references(grant))
		queue_work(xdb_foreign_wq, &grant->release_work);
}

static void end_work(struct work_struct *work)
{
	struct xdb_grant *grant =
		container_of(to_delayed_work(work), struct xdb_grant, end_work);

	end_grant(grant);
	xdb_lease_put(&grant->lease);
}

static void grant_revoke(struct xdb_lease *lease)
{
	end_grant(to_grant(lease));
}

static void grant_info(struct xdb_lease *lease,
		       struct xen_dmabuf_lease_info *info)
{
	struct xdb_grant *grant = to_grant(lease);

	mutex_lock(&grant->lock);
	info->pages_in_use = grant->live;
	info->dmabufs = !grant->released;
	mutex_unlock(&grant->lock);
}

static void grant_free(struct xdb_lease *lease)
{
	struct xdb_grant *grant = to_grant(lease);

	mutex_destroy(&grant->lock);
	kfree(grant);
}

const struct xdb_lease_ops xdb_grant_lease_ops = {
	.kind = XEN_DMABUF_LEASE_GRANT,
	.revoke = grant_revoke,
	.info = grant_info,
	.free = grant_free,
	.revoke_when_alone = true,
};

/* Prepare a zeroed grant, so that it can be ended in any state. */
void xdb_grant_init_end(struct xdb_grant *grant)
{
	mutex_init(&grant->lock);
	INIT_DELAYED_WORK(&grant->end_work, end_work);
	INIT_WORK(&grant->release_work, release_work);
}

/**
 * xdb_grant_undo - end a grant that has no owner yet
 * @grant: possibly incomplete; the caller must not use it any more
 *
 * Runs the exporter's code in the caller, who has just attached to the dma-buf:
 * nothing of a failed GRANT is left.  Only if the peer has guessed and mapped a
 * reference, the end takes time and comes later.
 */
void xdb_grant_undo(struct xdb_grant *grant)
{
	/* Its first reference is gone once it has ended, here or in a work. */
	xdb_lease_get(&grant->lease);
	xdb_lease_advance(&grant->lease, XEN_DMABUF_LEASE_REVOKED);
	if (end_all_references(grant))
		release_grant(grant);
	xdb_lease_put(&grant->lease);
}
