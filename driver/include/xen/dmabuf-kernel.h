/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of /dev/xen/dmabuf for other kernel modules, with the same rules,
 * limits and errors (see <xen/dmabuf.h>).
 *
 * All functions may sleep.
 */
#ifndef _XEN_DMABUF_KERNEL_H
#define _XEN_DMABUF_KERNEL_H

#include <linux/types.h>

#include <xen/grant_table.h>
#include <xen/interface/xen.h>

struct dma_buf;
struct xdb_lease; /* opaque */

struct dma_buf *xen_dmabuf_map(domid_t domid, const grant_ref_t *refs,
			       unsigned int nr_refs, u32 flags,
			       unsigned int dma_bits, struct xdb_lease **lease);
struct xdb_lease *xen_dmabuf_grant(struct dma_buf *dmabuf, u64 offset,
				   domid_t domid, u32 flags, grant_ref_t *refs,
				   unsigned int nr_refs);

/**
 * typedef xen_dmabuf_lease_fn - told that a lease has changed
 * @lease: the lease, held until the function returns
 * @data: as given to xen_dmabuf_lease_watch()
 *
 * Called in process context, without locks held, and never twice at a time for
 * the same lease.  May sleep and take long: nothing else waits for it.  May call
 * all functions below.
 *
 * The lease's state has become REVOKED or RETURNED, or its peer has ended:
 * xen_dmabuf_lease_state() and xen_dmabuf_lease_peer_gone() tell.  Changes that
 * follow each other closely may come as one call, but the last one is never
 * lost.
 */
typedef void (*xen_dmabuf_lease_fn)(struct xdb_lease *lease, void *data);

u32 xen_dmabuf_lease_state(struct xdb_lease *lease);
bool xen_dmabuf_lease_peer_gone(struct xdb_lease *lease);
void xen_dmabuf_lease_revoke(struct xdb_lease *lease);
long xen_dmabuf_lease_wait(struct xdb_lease *lease, long timeout);
int xen_dmabuf_lease_watch(struct xdb_lease *lease, xen_dmabuf_lease_fn fn,
			   void *data);
void xen_dmabuf_lease_unwatch(struct xdb_lease *lease);
void xen_dmabuf_lease_put(struct xdb_lease *lease);

#endif
