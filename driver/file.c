// SPDX-License-Identifier: GPL-2.0-only
/* An open device: its account, what it may do, and with which domain. */
#include <linux/atomic.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <xen/interface/xen.h>

#include <xen/dmabuf.h>

#include "account.h"
#include "file.h"

/* What a file of /dev/xen/dmabuf may do until it is restricted. */
#define MAY_ALL (XEN_DMABUF_MAY_MAP | XEN_DMABUF_MAY_GRANT)

/**
 * struct xdb_file - an open /dev/xen/dmabuf or /dev/xen/dmabuf-grant
 * @lock: protects @may, @domid and @epoch
 * @may: XEN_DMABUF_MAY_*: what is allowed
 * @domid: the only domain allowed; DOMID_INVALID unless restricted
 * @epoch: when it was restricted, see xdb_files_forget_peers()
 * @account: charged for the pages that it maps and grants
 */
struct xdb_file {
	spinlock_t lock;
	u32 may;
	domid_t domid;
	int epoch;
	struct xdb_account *account;
};

static atomic_t nr_restricted = ATOMIC_INIT(0);
static atomic_t current_epoch = ATOMIC_INIT(0);

/* How many open files are restricted to a domain. */
unsigned int xdb_files_restricted(void)
{
	return atomic_read(&nr_restricted);
}

/*
 * This domain was restored or migrated: an id that a file is restricted to may
 * be another domain's here.
 */
void xdb_files_forget_peers(void)
{
	atomic_inc(&current_epoch);
}

/* A file that may do @may (XEN_DMABUF_MAY_*) with any domain, or NULL. */
struct xdb_file *xdb_file_new(u32 may)
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
	xf->may = may;
	xf->domid = DOMID_INVALID;
	return xf;
}

void xdb_file_free(struct xdb_file *xf)
{
	if (xf->domid != DOMID_INVALID)
		atomic_dec(&nr_restricted);
	/* Leases made through it may remain, and keep the account. */
	xdb_account_put(xf->account);
	kfree(xf);
}

/* Whether this file may do everything, with every domain. */
bool xdb_file_unrestricted(struct xdb_file *xf)
{
	bool all;

	spin_lock(&xf->lock);
	all = xf->may == MAY_ALL && xf->domid == DOMID_INVALID;
	spin_unlock(&xf->lock);
	return all;
}

/* What this file may do (XEN_DMABUF_MAY_*), and with which domain alone. */
void xdb_file_get_limits(struct xdb_file *xf, u32 *may, u32 *domid)
{
	spin_lock(&xf->lock);
	*may = xf->may;
	*domid = xf->domid == DOMID_INVALID ? XEN_DMABUF_ANY_DOMAIN : xf->domid;
	spin_unlock(&xf->lock);
}

struct xdb_account *xdb_file_account(struct xdb_file *xf)
{
	return xf->account;
}

static bool is_domain_allowed(const struct xdb_file *xf, u32 domid)
{
	return xf->domid == DOMID_INVALID ||
	       (xf->domid == domid && xf->epoch == atomic_read(&current_epoch));
}

/* 0 if this file may do @what (XEN_DMABUF_MAY_*) with @domid, or -EPERM. */
int xdb_file_may(struct xdb_file *xf, u32 what, u32 domid)
{
	int ret = 0;

	spin_lock(&xf->lock);
	if (!(xf->may & what) || !is_domain_allowed(xf, domid))
		ret = -EPERM;
	spin_unlock(&xf->lock);
	return ret;
}

/* Allow this file only @may with @domid; -EPERM if that would be more. */
int xdb_file_restrict(struct xdb_file *xf, u32 may, u32 domid)
{
	int ret = 0;

	spin_lock(&xf->lock);
	if (may & ~xf->may || !is_domain_allowed(xf, domid)) {
		ret = -EPERM;
	} else {
		if (xf->domid == DOMID_INVALID) {
			xf->epoch = atomic_read(&current_epoch);
			atomic_inc(&nr_restricted);
		}
		xf->may = may;
		xf->domid = domid;
	}
	spin_unlock(&xf->lock);
	return ret;
}
