// SPDX-License-Identifier: GPL-2.0-only
/* A module that uses the installed headers and the symbols behind them */
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/module.h>
#include <xen/dmabuf-backing.h>
#include <xen/dmabuf-kernel.h>

/* domain 0's first reference, if it is there: mapped, and let go of */
static int map_something(void)
{
	grant_ref_t ref = 1;
	struct xdb_lease *lease;
	struct dma_buf *dmabuf;

	dmabuf = xen_dmabuf_map(0, &ref, 1, 0, 0, &lease);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	dma_buf_put(dmabuf);
	xen_dmabuf_lease_wait(lease, HZ);
	xen_dmabuf_lease_put(lease);
	return 0;
}

static int grant_something(struct dma_buf *dmabuf)
{
	struct xdb_lease *lease;
	grant_ref_t ref;

	lease = xen_dmabuf_grant(dmabuf, 0, 0, 0, &ref, 1);
	if (IS_ERR(lease))
		return PTR_ERR(lease);
	xen_dmabuf_lease_revoke(lease);
	xen_dmabuf_lease_put(lease);
	return 0;
}

static int __init user_init(void)
{
	struct xen_dmabuf_backing *backing;

	if (xen_dmabuf_backing_offered()) {
		backing = xen_dmabuf_backing_alloc(1, 32, false);
		if (IS_ERR(backing))
			return PTR_ERR(backing);
		xen_dmabuf_backing_free(backing);
	}
	/* nobody has one here: this is to be linked, not to be run */
	return grant_something(NULL) ?: map_something();
}

static void __exit user_exit(void)
{
}

module_init(user_init);
module_exit(user_exit);
MODULE_DESCRIPTION("User of xen_dmabuf's symbols, for a test");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(DMA_BUF);
