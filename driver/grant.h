/* SPDX-License-Identifier: GPL-2.0-only */
/* GRANT: references for a local dma-buf. */
#ifndef XDB_GRANT_H
#define XDB_GRANT_H

#include <xen/grant_table.h>

struct dma_buf;
struct xdb_account;
struct xdb_fds;
struct xdb_grant;
struct xdb_lease;
struct xen_dmabuf_grant;

int xdb_grant_check(const struct xen_dmabuf_grant *args);
struct xdb_grant *xdb_grant_create(struct xdb_account *file,
				   struct dma_buf *dmabuf,
				   const struct xen_dmabuf_grant *args);
struct xdb_lease *xdb_grant_lease(struct xdb_grant *grant);
const grant_ref_t *xdb_grant_refs(struct xdb_grant *grant);
long xdb_ioctl_grant(void *context, void *arg, struct xdb_fds *fds);

#endif
