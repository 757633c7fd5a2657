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

u32 xen_dmabuf_lease_state(struct xdb_lease *lease);
bool xen_dmabuf_lease_peer_gone(struct xdb_lease *lease);
void xen_dmabuf_lease_revoke(struct xdb_lease *lease);
long xen_dmabuf_lease_wait(struct xdb_lease *lease, long timeout);
void xen_dmabuf_lease_put(struct xdb_lease *lease);

#endif
