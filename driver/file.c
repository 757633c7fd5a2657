// SPDX-License-Identifier: GPL-2.0-only
/* An open /dev/xen/dmabuf: its account, and the restriction put on it. */
#include <linux/compiler.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <xen/interface/xen.h>

#include "account.h"
#include "file.h"

/**
 * struct xdb_file - an open /dev/xen/dmabuf
 * @lock: protects @may and @domid
 * @may: XEN_DMABUF_MAY_*: what is allowed with @domid, if restricted
 * @domid: the only domain allowed; DOMID_INVALID unless restricted
 * @account: charged for the pages that it maps and grants
 */
struct xdb_file {
	spinlock_t lock;
	u32 may;
	domid_t domid;
	struct xdb_account *account;
};

struct xdb_file *xdb_file_new(void)
{
	struct xdb_file *xf = kzalloc(sizeof(*xf), GFP_KERNEL_ACCOUNT);

	if (!xf)
		return NULL;
	xf->account = xdb_account_new();
	if (!xf->account) {
		kfree(xf);
		return NULL;
	}
	spin_lock_init(&xf->lock);
	xf->domid = DOMID_INVALID;
	return xf;
}

void xdb_file_free(struct xdb_file *xf)
{
	/* Leases made through it may remain, and keep the account. */
	xdb_account_put(xf->account);
	kfree(xf);
}

bool xdb_file_restricted(struct xdb_file *xf)
{
	return READ_ONCE(xf->domid) != DOMID_INVALID;
}

struct xdb_account *xdb_file_account(struct xdb_file *xf)
{
	return xf->account;
}

u32 xdb_file_domid(struct xdb_file *xf)
{
	return READ_ONCE(xf->domid);
}

/* 0 if this file may do @what (XEN_DMABUF_MAY_*) with @domid, or -EPERM. */
int xdb_file_may(struct xdb_file *xf, u32 what, u32 domid)
{
	int ret = 0;

	spin_lock(&xf->lock);
	if (xf->domid != DOMID_INVALID &&
	    (xf->domid != domid || !(xf->may & what)))
		ret = -EPERM;
	spin_unlock(&xf->lock);
	return ret;
}

/* Allow this file only @may with @domid; -EPERM if that would be more. */
int xdb_file_restrict(struct xdb_file *xf, u32 may, u32 domid)
{
	int ret = 0;

	spin_lock(&xf->lock);
	if (xf->domid != DOMID_INVALID &&
	    (xf->domid != domid || may & ~xf->may)) {
		ret = -EPERM;
	} else {
		xf->may = may;
		WRITE_ONCE(xf->domid, domid);
	}
	spin_unlock(&xf->lock);
	return ret;
}
