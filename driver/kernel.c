// SPDX-License-Identifier: GPL-2.0-only
/* The interface for other kernel modules: see include/xen/dmabuf-kernel.h. */
#include <linux/compiler.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>

#include <xen/dmabuf.h>
#include <xen/dmabuf-kernel.h>

#include "grant.h"
#include "lease.h"
#include "map.h"
#include "map-call.h"

/**
 * xen_dmabuf_map - make a dma-buf from another domain's references
 * @domid: the granting domain
 * @refs: the references; copied
 * @nr_refs: number of references
 * @flags: XEN_DMABUF_MAP_*
 * @dma_bits: as in struct xen_dmabuf_map
 * @lease: where to put the lease, which xen_dmabuf_lease_put() releases, or
 *	NULL
 *
 * Return: the dma-buf, which dma_buf_put() releases, or an ERR_PTR with the
 * errors of XEN_DMABUF_IOC_MAP, or -EINTR if the task was killed.
 */
struct dma_buf *xen_dmabuf_map(domid_t domid, const grant_ref_t *refs,
			       unsigned int nr_refs, u32 flags,
			       unsigned int dma_bits, struct xdb_lease **lease)
{
	struct xen_dmabuf_map args = {
		.flags = flags,
		.domid = domid,
		.nr_refs = nr_refs,
		.dma_bits = dma_bits,
	};
	struct dma_buf *dmabuf;
	struct xdb_map *map;
	u32 *copy;
	int ret;

	ret = xdb_map_check(&args);
	if (ret)
		return ERR_PTR(ret);
	copy = kvmalloc_array(nr_refs, sizeof(*copy), GFP_KERNEL_ACCOUNT);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	memcpy(copy, refs, array_size(nr_refs, sizeof(*copy)));
	map = xdb_map_create(NULL, &args, copy);
	if (IS_ERR(map))
		return ERR_CAST(map);
	dmabuf = map->dmabuf;
	if (lease) {
		xdb_lease_hold(&map->lease);
		*lease = &map->lease;
	} else {
		xdb_lease_publish(&map->lease);
	}
	return dmabuf;
}
EXPORT_SYMBOL_GPL(xen_dmabuf_map);

/**
 * xen_dmabuf_grant - make references for a local dma-buf
 * @dmabuf: the dma-buf; the grant takes a reference of its own
 * @offset: where the range starts, in bytes
 * @domid: the domain that may map the pages
 * @flags: XEN_DMABUF_GRANT_*
 * @refs: room for @nr_refs references
 * @nr_refs: number of pages
 *
 * The last xen_dmabuf_lease_put() revokes the grant.
 *
 * Return: the lease, or an ERR_PTR with the errors of XEN_DMABUF_IOC_GRANT; with
 * XEN_DMABUF_GRANT_WAIT also -EINTR if the task is killed.
 */
struct xdb_lease *xen_dmabuf_grant(struct dma_buf *dmabuf, u64 offset,
				   domid_t domid, u32 flags, grant_ref_t *refs,
				   unsigned int nr_refs)
{
	struct xen_dmabuf_grant args = {
		.flags = flags,
		.domid = domid,
		.offset = offset,
		.nr_refs = nr_refs,
	};
	struct xdb_grant *grant;
	struct xdb_lease *lease;
	int ret;

	ret = xdb_grant_check(&args);
	if (ret)
		return ERR_PTR(ret);
	grant = xdb_grant_create(NULL, dmabuf, &args);
	if (IS_ERR(grant))
		return ERR_CAST(grant);
	lease = xdb_grant_lease(grant);
	memcpy(refs, xdb_grant_refs(grant), array_size(nr_refs, sizeof(*refs)));
	xdb_lease_hold(lease);
	return lease;
}
EXPORT_SYMBOL_GPL(xen_dmabuf_grant);

/**
 * xen_dmabuf_lease_state - the state of a lease
 * @lease: the lease
 *
 * Return: XEN_DMABUF_LEASE_ACTIVE, _REVOKED or _RETURNED.
 */
u32 xen_dmabuf_lease_state(struct xdb_lease *lease)
{
	return xdb_lease_state(lease);
}
EXPORT_SYMBOL_GPL(xen_dmabuf_lease_state);

/**
 * xen_dmabuf_lease_peer_gone - whether the other domain has ended
 * @lease: the lease
 *
 * Return: true once it is known to have ended.
 */
bool xen_dmabuf_lease_peer_gone(struct xdb_lease *lease)
{
	return READ_ONCE(lease->peer_gone);
}
EXPORT_SYMBOL_GPL(xen_dmabuf_lease_peer_gone);

/**
 * xen_dmabuf_lease_revoke - ask for the end, without waiting for it
 * @lease: the lease
 */
void xen_dmabuf_lease_revoke(struct xdb_lease *lease)
{
	/* The function that watches the lease may put it meanwhile. */
	xdb_lease_get(lease);
	xdb_lease_revoke(lease);
	xdb_lease_put(lease);
}
EXPORT_SYMBOL_GPL(xen_dmabuf_lease_revoke);

/**
 * xen_dmabuf_lease_wait - wait until the lease is RETURNED
 * @lease: the lease
 * @timeout: in jiffies; there is always one, as the peer may never let go
 *
 * Return: 0, -ETIMEDOUT, or -ERESTARTSYS if the task was killed.
 */
long xen_dmabuf_lease_wait(struct xdb_lease *lease, long timeout)
{
	long left;

	/* See xen_dmabuf_lease_revoke(). */
	xdb_lease_get(lease);
	left = wait_event_killable_timeout(
		lease->wait,
		xdb_lease_state(lease) == XEN_DMABUF_LEASE_RETURNED, timeout);
	xdb_lease_put(lease);
	if (left < 0)
		return left;
	return left ? 0 : -ETIMEDOUT;
}
EXPORT_SYMBOL_GPL(xen_dmabuf_lease_wait);

/**
 * xen_dmabuf_lease_watch - have a function called when a lease changes
 * @lease: the lease
 * @fn: the function; see xen_dmabuf_lease_fn
 * @data: passed to @fn; must stay valid until xen_dmabuf_lease_unwatch() or
 *	xen_dmabuf_lease_put()
 *
 * If the lease has changed before, @fn is called soon.
 *
 * Return: 0, or -EBUSY if the lease is watched already.
 */
int xen_dmabuf_lease_watch(struct xdb_lease *lease, xen_dmabuf_lease_fn fn,
			   void *data)
{
	return xdb_lease_watch(lease, fn, data);
}
EXPORT_SYMBOL_GPL(xen_dmabuf_lease_watch);

/**
 * xen_dmabuf_lease_unwatch - have no function called any more
 * @lease: the lease; may be one that is not watched
 *
 * Waits until a running call has returned, so the caller must not hold a lock
 * that the function takes.  The function itself may call this; then its own
 * call is the last one.
 */
void xen_dmabuf_lease_unwatch(struct xdb_lease *lease)
{
	xdb_lease_unwatch(lease);
}
EXPORT_SYMBOL_GPL(xen_dmabuf_lease_unwatch);

/**
 * xen_dmabuf_lease_put - release a lease
 * @lease: the lease; if it is of a grant, the last owner's release revokes it
 *
 * Includes xen_dmabuf_lease_unwatch().  The function that watches the lease may
 * call this, and must not use the lease afterwards.
 */
void xen_dmabuf_lease_put(struct xdb_lease *lease)
{
	xdb_lease_unwatch(lease);
	xdb_lease_unhold(lease);
}
EXPORT_SYMBOL_GPL(xen_dmabuf_lease_put);
