// SPDX-License-Identifier: GPL-2.0-only
/*
 * GRANT: references for a local dma-buf, from the attach to the last end.
 *
 * Xen can neither be asked whether a peer maps a grant nor told to make it let
 * go.  So the dma-buf stays attached, mapped and referenced until every
 * reference has ended, whoever closes or dies: memory is leaked rather than
 * reused under a peer's mapping.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include <xen/dmabuf.h>

#include "account.h"
#include "domain.h"
#include "file.h"
#include "grant.h"
#include "importer.h"
#include "ioctl.h"
#include "lease.h"
#include "lease-file.h"
#include "limits.h"
#include "map-dmabuf.h"
#include "stats.h"
#include "work.h"

#define MIN_DELAY msecs_to_jiffies(10)
#define MAX_DELAY msecs_to_jiffies(1000)

/**
 * struct xdb_grant - a local dma-buf that a peer may map
 * @lease: first, the object's lifetime is its
 * @lock: @live, @ended and @delay, once the references are made
 * @dmabuf: held, with @attach and @sgt, until the last reference has ended
 * @attach: see @dmabuf
 * @sgt: see @dmabuf
 * @refs: the references that have not ended, @live of them
 * @live: see @refs
 * @unclaimed: reserved in the grant table, only while they are made
 * @charged: pages charged
 * @ended: nothing is shared any more: on its way to RETURNED, or there
 * @work: tries again
 * @delay: until then, in jiffies
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
	struct delayed_work work;
	unsigned long delay;
};

/* ---- the pages of a dma-buf ---- */

/*
 * Whether it is ordinary RAM of this domain, not a foreign page, hole or card
 * memory; and if so, by what number Xen knows it.
 */
static bool grantable(unsigned long pfn, unsigned long *gfn)
{
	struct page *page = pfn_to_page(pfn);

	if (is_zero_pfn(pfn))
		return false;
#ifdef CONFIG_XEN_PV
	/* There the p2m knows it all, and has to be asked anyway. */
	if (!xen_feature(XENFEAT_auto_translated_physmap)) {
		*gfn = __pfn_to_mfn(pfn);
		/* INVALID_P2M_ENTRY has every bit set, these among them. */
		return !(*gfn & (FOREIGN_FRAME_BIT | IDENTITY_FRAME_BIT));
	}
#endif
	*gfn = pfn;
	return !is_zone_device_page(page) && !PageForeign(page) &&
	       !PageOffline(page);
}

/* Grant @nr pages that lie one after the other. */
static int grant_run(struct xdb_grant *grant, unsigned long pfn, u32 nr)
{
	grant_ref_t *refs = grant->refs + grant->live;
	domid_t domid = grant->lease.domid;
	bool rdonly = grant->lease.rdonly;
	unsigned long gfn;
	int ref;

	for (; nr; nr--, pfn++) {
		if (!grantable(pfn, &gfn))
			return -EOPNOTSUPP;
		ref = gnttab_claim_grant_reference(&grant->unclaimed);
		if (ref < 0)
			return ref;
		gnttab_grant_foreign_access_ref(ref, domid, gfn, rdonly);
		*refs++ = ref;
		grant->live++;
	}
	return 0;
}

/*
 * The same in blocks, each within one section.  @section is the last one that
 * was seen to have struct pages: asking for each page costs more than all else.
 */
static int grant_segment(struct xdb_grant *grant, unsigned long pfn, u32 nr,
			 unsigned long *section)
{
	int ret;
	u32 n;

	for (; nr; nr -= n, pfn += n) {
		n = min_t(u32, nr, XDB_BATCH - pfn % XDB_BATCH);
		if (pfn_to_section_nr(pfn) != *section) {
			if (!pfn_valid(pfn))
				return -EOPNOTSUPP;
			*section = pfn_to_section_nr(pfn);
		}
		ret = grant_run(grant, pfn, n);
		if (ret)
			return ret;
		if (n == XDB_BATCH)
			cond_resched();
	}
	return 0;
}

/*
 * Grant from byte @offset on.  -EOPNOTSUPP if a page is not one that can be
 * granted, -ERANGE if the table ends before.  After an error the caller ends
 * those that were granted.
 */
static int grant_table(struct xdb_grant *grant, u64 offset)
{
	struct scatterlist *sg = grant->sgt->sgl;
	unsigned int i, nents = grant->sgt->nents;
	unsigned long section = ULONG_MAX;
	u32 left = grant->lease.nr_pages;
	int ret;
	u32 n;

	for (i = 0; i < nents; i++) {
		u64 addr, len;

		if (i)
			sg = xdb_next_sg(sg);
		addr = sg_dma_address(sg);
		len = sg_dma_len(sg);
		if (!(addr & XDB_OWN_ADDRESS) || !PAGE_ALIGNED(addr | len))
			return -EOPNOTSUPP;
		if (offset >= len) {
			offset -= len;
			continue;
		}
		n = min_t(u64, left, PHYS_PFN(len - offset));
		ret = grant_segment(
			grant, PHYS_PFN((addr & ~XDB_OWN_ADDRESS) + offset), n,
			&section);
		if (ret)
			return ret;
		left -= n;
		if (!left)
			return 0;
		offset = 0;
		if (i % XDB_BATCH == XDB_BATCH - 1)
			cond_resched();
	}
	return -ERANGE;
}

static void set_flag(void *flag)
{
	*(bool *)flag = true;
}

/* As the kernel calls back at once if that many are free, it can be asked. */
static bool references_free(unsigned int nr)
{
	struct gnttab_free_callback callback = {};
	bool flag = false;

	gnttab_request_free_callback(&callback, set_flag, &flag, nr);
	/* Both happen under the table's lock: from here on it cannot be called. */
	gnttab_cancel_free_callback(&callback);
	return flag;
}

/* Take @nr references from the grant table, if it has a reserve beside them. */
static int take_references(struct xdb_grant *grant, u32 nr)
{
	unsigned int reserved = xdb_grants_reserved();
	grant_ref_t reserve;

	if (gnttab_alloc_grant_references(nr, &grant->unclaimed))
		return -ENOSPC;
	if (!reserved || references_free(reserved))
		return 0;
	/* Let the table grow: that happens when more are taken than are free. */
	if (gnttab_alloc_grant_references(reserved, &reserve)) {
		gnttab_free_grant_references(grant->unclaimed);
		return -ENOSPC;
	}
	gnttab_free_grant_references(reserve);
	return 0;
}

static int grant_pages(struct xdb_grant *grant, u64 offset)
{
	int ret;

	ret = take_references(grant, grant->lease.nr_pages);
	if (ret)
		return ret;
	ret = grant_table(grant, offset);
	gnttab_free_grant_references(grant->unclaimed);
	return ret;
}

/* ---- the end ---- */

/* End what can be ended; the rest moves to the front. */
static void end_references(struct xdb_grant *grant)
{
	u32 i, in_use = 0;

	lockdep_assert_held(&grant->lock);
	for (i = 0; i < grant->live; i++) {
		/* Quiet where gnttab_end_foreign_access_ref() would warn. */
		if (!gnttab_try_end_foreign_access(grant->refs[i]))
			grant->refs[in_use++] = grant->refs[i];
		if (i % XDB_BATCH == XDB_BATCH - 1)
			cond_resched();
	}
	if (in_use < grant->live)
		xdb_stat_add(XDB_STAT_RECLAIM_PASSES, 1);
	grant->live = in_use;
}

/* The exporter's code runs, and takes what locks it likes. */
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

/* Work towards RETURNED; the state is REVOKED. */
static void grant_end(struct xdb_grant *grant)
{
	mutex_lock(&grant->lock);
	if (grant->ended) {
		mutex_unlock(&grant->lock);
		return;
	}
	end_references(grant);
	if (grant->live) {
		grant->delay = clamp(grant->delay * 2, MIN_DELAY, MAX_DELAY);
		xdb_lease_get(&grant->lease);
		if (!queue_delayed_work(xdb_wq, &grant->work, grant->delay))
			xdb_lease_put(&grant->lease);
		mutex_unlock(&grant->lock);
		return;
	}
	/* Whoever comes next returns above: the rest is this one's alone. */
	grant->ended = true;
	mutex_unlock(&grant->lock);

	release_dmabuf(grant);
	xdb_uncharge(&grant->lease.payers, XDB_POOL_GRANTED, grant->charged);
	xdb_lease_advance(&grant->lease, XEN_DMABUF_LEASE_RETURNED);
	/* The reference that the way to RETURNED held. */
	xdb_lease_put(&grant->lease);
}

static void end_work(struct work_struct *work)
{
	struct xdb_grant *grant =
		container_of(to_delayed_work(work), struct xdb_grant, work);

	grant_end(grant);
	xdb_lease_put(&grant->lease);
}

static void grant_revoke(struct xdb_lease *lease)
{
	grant_end(container_of(lease, struct xdb_grant, lease));
}

static void grant_info(struct xdb_lease *lease,
		       struct xen_dmabuf_lease_info *info)
{
	struct xdb_grant *grant = container_of(lease, struct xdb_grant, lease);

	mutex_lock(&grant->lock);
	info->pages_in_use = grant->live;
	info->dmabufs = !grant->ended;
	mutex_unlock(&grant->lock);
}

static void grant_free(struct xdb_lease *lease)
{
	struct xdb_grant *grant = container_of(lease, struct xdb_grant, lease);

	mutex_destroy(&grant->lock);
	kvfree(grant->refs);
	kfree(grant);
}

static const struct xdb_lease_ops grant_lease_ops = {
	.kind = XEN_DMABUF_LEASE_GRANT,
	.revoke = grant_revoke,
	.info = grant_info,
	.free = grant_free,
	.revoke_when_alone = true,
};

/* ---- the call ---- */

/* Charged and with room for its references; grant_end() undoes it. */
static struct xdb_grant *new_grant(struct xdb_account *file, domid_t domid,
				   u32 nr, bool rdonly)
{
	struct xdb_grant *grant;
	int ret;

	grant = kzalloc(sizeof(*grant), GFP_KERNEL_ACCOUNT);
	if (!grant)
		return ERR_PTR(-ENOMEM);
	mutex_init(&grant->lock);
	INIT_DELAYED_WORK(&grant->work, end_work);
	ret = xdb_lease_init(&grant->lease, &grant_lease_ops, file, domid, nr,
			     rdonly);
	if (ret) {
		kfree(grant);
		return ERR_PTR(ret);
	}
	ret = xdb_charge(&grant->lease.payers, XDB_POOL_GRANTED, nr);
	if (ret)
		goto err;
	grant->charged = nr;
	ret = -ENOMEM;
	grant->refs =
		kvmalloc_array(nr, sizeof(*grant->refs), GFP_KERNEL_ACCOUNT);
	if (!grant->refs)
		goto err;
	return grant;

err:
	grant_end(grant);
	return ERR_PTR(ret);
}

/* Attach and map; @grant keeps what was reached. */
static int attach_dmabuf(struct xdb_grant *grant, struct dma_buf *dmabuf)
{
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;

	get_dma_buf(dmabuf);
	grant->dmabuf = dmabuf;
	attach = dma_buf_attach(dmabuf, xdb_importer_device());
	if (IS_ERR(attach))
		return PTR_ERR(attach);
	grant->attach = attach;
	/*
	 * Both ways, also when the peer may only read: exporters sync all of
	 * their mappings in whatever direction the CPU's access has.
	 */
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	grant->sgt = sgt;
	return 0;
}

/* What the caller asked for, the dma-buf left out: 0, or why not. */
int xdb_grant_check(const struct xen_dmabuf_grant *args)
{
	if (args->flags & ~XEN_DMABUF_GRANT_RDONLY)
		return -EOPNOTSUPP;
	if (!args->nr_refs || !PAGE_ALIGNED(args->offset))
		return -EINVAL;
	if (args->nr_refs > xdb_max_pages())
		return -EFBIG;
	return xdb_peer_valid(args->domid);
}

/* The way out while nobody owns the lease yet. */
void xdb_grant_abandon(struct xdb_grant *grant)
{
	/* The peer may have guessed a reference and mapped it already. */
	xdb_lease_advance(&grant->lease, XEN_DMABUF_LEASE_REVOKED);
	grant_end(grant);
}

/**
 * xdb_grant_create - references for a dma-buf
 * @file: the open file's account, NULL for the kernel's own users
 * @dmabuf: a reference of its own is taken
 * @args: checked
 *
 * Returns the grant or an ERR_PTR.  Whoever becomes the first owner of its
 * lease ends it by letting go; before that, xdb_grant_abandon() does.
 */
struct xdb_grant *xdb_grant_create(struct xdb_account *file,
				   struct dma_buf *dmabuf,
				   const struct xen_dmabuf_grant *args)
{
	bool rdonly = args->flags & XEN_DMABUF_GRANT_RDONLY;
	struct xdb_grant *grant;
	int ret;

	if (xdb_is_map(dmabuf))
		return ERR_PTR(-EXDEV);
	if (!rdonly && !(dmabuf->file->f_mode & FMODE_WRITE))
		return ERR_PTR(-EACCES);
	if (args->offset > dmabuf->size ||
	    args->nr_refs > (dmabuf->size - args->offset) >> PAGE_SHIFT)
		return ERR_PTR(-ERANGE);

	grant = new_grant(file, args->domid, args->nr_refs, rdonly);
	if (IS_ERR(grant))
		return grant;
	ret = attach_dmabuf(grant, dmabuf);
	if (!ret)
		ret = grant_pages(grant, args->offset);
	if (ret) {
		xdb_grant_abandon(grant);
		return ERR_PTR(ret);
	}
	xdb_stat_add(XDB_STAT_GRANTS, 1);
	return grant;
}

struct xdb_lease *xdb_grant_lease(struct xdb_grant *grant)
{
	return &grant->lease;
}

/* In order, until somebody asks for the end. */
const grant_ref_t *xdb_grant_refs(struct xdb_grant *grant)
{
	return grant->refs;
}

/* Tell the caller its references and make the lease's file. */
static long hand_over(struct xdb_grant *grant, struct xen_dmabuf_grant *args,
		      struct xdb_fds *fds)
{
	struct file *file;

	if (copy_to_user(u64_to_user_ptr(args->refs), grant->refs,
			 array_size(args->nr_refs, sizeof(*grant->refs)))) {
		xdb_grant_abandon(grant);
		return -EFAULT;
	}
	args->lease_id = grant->lease.id;
	file = xdb_lease_file(&grant->lease);
	if (IS_ERR(file)) {
		xdb_grant_abandon(grant);
		return PTR_ERR(file);
	}
	/* From here on closing the lease's file ends the grant. */
	args->lease_fd = xdb_fds_add(fds, file);
	return args->lease_fd < 0 ? args->lease_fd : 0;
}

long xdb_ioctl_grant(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_grant *args = arg;
	struct xdb_grant *grant;
	struct dma_buf *dmabuf;
	long ret;

	ret = xdb_grant_check(args);
	if (ret)
		return ret;
	ret = xdb_may(context, XEN_DMABUF_MAY_GRANT, args->domid);
	if (ret)
		return ret;

	dmabuf = dma_buf_get(args->dmabuf_fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf) == -EINVAL ? -EBADFD : PTR_ERR(dmabuf);
	grant = xdb_grant_create(xdb_file_account(context), dmabuf, args);
	dma_buf_put(dmabuf);
	if (IS_ERR(grant))
		return PTR_ERR(grant);
	return hand_over(grant, args, fds);
}
