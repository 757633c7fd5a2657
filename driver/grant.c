// SPDX-License-Identifier: GPL-2.0-only
/* GRANT: references for a local dma-buf; grant-end.c ends them. */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include <xen/dmabuf.h>

#include "account.h"
#include "compat.h"
#include "domain.h"
#include "fence.h"
#include "file.h"
#include "grant.h"
#include "grant-end.h"
#include "importer.h"
#include "ioctl.h"
#include "lease.h"
#include "lease-file.h"
#include "limits.h"
#include "map-dmabuf.h"
#include "stats.h"

/* ---- the pages of a dma-buf ---- */

/*
 * Whether a page is RAM of this domain, not a foreign page, a hole or memory of
 * a device.  If so, @gfn is the frame number by which Xen knows it.
 */
static __always_inline bool is_grantable(unsigned long pfn, unsigned long *gfn)
{
	struct page *page = pfn_to_page(pfn);

#ifdef CONFIG_XEN_PV
	/* In a PV domain the p2m tells, and has the frame number. */
	if (!xen_feature(XENFEAT_auto_translated_physmap)) {
		*gfn = __pfn_to_mfn(pfn);
		/* INVALID_P2M_ENTRY has all bits set, also these. */
		return !(*gfn & (FOREIGN_FRAME_BIT | IDENTITY_FRAME_BIT));
	}
#endif
	*gfn = pfn;
	return !is_zone_device_page(page) && !PageForeign(page) &&
	       !PageOffline(page);
}

/*
 * Whether pages of one memory section have struct pages, and none is the zero
 * page, which everything shares.  @section is the last section that was found
 * to have struct pages: pfn_valid() would cost more than the rest.
 */
static bool are_pages(unsigned long pfn, u32 nr, unsigned long *section)
{
	if (pfn_to_section_nr(pfn) != *section) {
		if (!pfn_valid(pfn))
			return false;
		*section = pfn_to_section_nr(pfn);
	}
	return page_to_pfn(ZERO_PAGE(0)) - pfn >= nr;
}

/* ---- references ---- */

/*
 * How many references are taken from the grant table at a time.  The kernel
 * keeps interrupts off meanwhile.
 */
#define TAKE_AT_ONCE 1024U

static void set_flag(void *flag)
{
	*(bool *)flag = true;
}

/* Whether @nr references are free: if so, the kernel calls back at once. */
static bool are_references_free(unsigned int nr)
{
	struct gnttab_free_callback callback = {};
	bool flag = false;

	gnttab_request_free_callback(&callback, set_flag, &flag, nr);
	/* Takes the lock that callbacks run under, so none comes later. */
	gnttab_cancel_free_callback(&callback);
	return flag;
}

/* Make the grant table grow until @nr references are free; false if it cannot. */
static bool make_references_free(unsigned int nr)
{
	grant_ref_t taken[DIV_ROUND_UP(XDB_MAX_PAGES, TAKE_AT_ONCE)];
	unsigned int n, i = 0;

	/* Taking more than are free makes the table grow. */
	for (; nr; nr -= n, i++) {
		n = min(nr, TAKE_AT_ONCE);
		if (gnttab_alloc_grant_references(n, &taken[i]))
			break;
	}
	while (i)
		gnttab_free_grant_references(taken[--i]);
	return !nr;
}

/* Take @nr references from the grant table if enough others stay free. */
static int take_references(struct xdb_grant *grant, u32 nr)
{
	unsigned int reserved = xdb_grants_reserved();
	grant_ref_t taken;

	if (gnttab_alloc_grant_references(nr, &taken))
		return -ENOSPC;
	if (reserved && !are_references_free(reserved) &&
	    !make_references_free(reserved)) {
		gnttab_free_grant_references(taken);
		return -ENOSPC;
	}
	grant->unclaimed = taken;
	return 0;
}

/* The references that were taken are used up: take more, and claim the first. */
static noinline int claim_next_part(struct xdb_grant *grant, u32 live)
{
	u32 left = grant->lease.nr_pages - live;
	int ret;

	if (!gnttab_empty_grant_references(&grant->unclaimed))
		return -ENOSPC;
	ret = take_references(grant, min(left, TAKE_AT_ONCE));
	return ret ?: gnttab_claim_grant_reference(&grant->unclaimed);
}

/*
 * Grant contiguous pages of one memory section.  Not inlined, as the loop then
 * has the registers it needs.
 */
static noinline int grant_block(struct xdb_grant *grant, unsigned long pfn,
				u32 nr)
{
	grant_ref_t *next = grant->refs + grant->live;
	domid_t domid = grant->lease.domid;
	bool rdonly = grant->lease.rdonly;
	unsigned long gfn, end = pfn + nr;
	int ref = -EOPNOTSUPP;

	for (; pfn < end && is_grantable(pfn, &gfn); pfn++) {
		ref = gnttab_claim_grant_reference(&grant->unclaimed);
		if (unlikely(ref < 0))
			ref = claim_next_part(grant, next - grant->refs);
		if (unlikely(ref < 0))
			break;
		*next++ = ref;
		gnttab_grant_foreign_access_ref(ref, domid, gfn, rdonly);
		ref = -EOPNOTSUPP;
	}
	grant->live = next - grant->refs;
	return pfn == end ? 0 : ref;
}

/* Grant a segment in blocks, each within one memory section. */
static int grant_segment(struct xdb_grant *grant, unsigned long pfn, u32 nr,
			 unsigned long *section)
{
	int ret;
	u32 n;

	for (; nr; nr -= n, pfn += n) {
		n = min_t(u32, nr, XDB_BATCH - pfn % XDB_BATCH);
		if (!are_pages(pfn, n, section))
			return -EOPNOTSUPP;
		ret = grant_block(grant, pfn, n);
		if (ret)
			return ret;
		if (n == XDB_BATCH)
			cond_resched();
	}
	return 0;
}

/*
 * Grant the pages of the sg table from byte @offset on.  Return -EOPNOTSUPP if a
 * page cannot be granted, and -ERANGE if the table is too short.  After an error
 * the caller ends the references that were made.
 */
static int grant_sgt(struct xdb_grant *grant, u64 offset)
{
	struct scatterlist *sg = grant->sgt->sgl;
	unsigned int i, nents = grant->sgt->nents;
	unsigned long section = ULONG_MAX;
	u64 addr, len;
	int ret;

	for (i = 0; i < nents; i++) {
		if (i)
			sg = xdb_next_sg(sg);
		addr = sg_dma_address(sg) ^ XDB_OWN_ADDRESS;
		len = sg_dma_len(sg);
		if ((addr | len) & (XDB_OWN_ADDRESS | ~PAGE_MASK))
			return -EOPNOTSUPP;
		if (offset >= len) {
			offset -= len;
			continue;
		}
		ret = grant_segment(grant, PHYS_PFN(addr + offset),
				    min_t(u64, PHYS_PFN(len - offset),
					  grant->lease.nr_pages - grant->live),
				    &section);
		if (ret)
			return ret;
		if (grant->live == grant->lease.nr_pages)
			return 0;
		offset = 0;
		if (i % XDB_BATCH == XDB_BATCH - 1)
			cond_resched();
	}
	return -ERANGE;
}

static int grant_pages(struct xdb_grant *grant, u64 offset)
{
	int ret;

	ret = take_references(grant, min(grant->lease.nr_pages, TAKE_AT_ONCE));
	if (ret)
		return ret;
	ret = grant_sgt(grant, offset);
	gnttab_free_grant_references(grant->unclaimed);
	return ret;
}

/* ---- the call ---- */

/* Make a grant without references, and charge it. */
static struct xdb_grant *new_grant(struct xdb_account *file, domid_t domid,
				   u32 nr, bool rdonly)
{
	struct xdb_grant *grant;
	int ret;

	grant = kzalloc_obj(*grant, GFP_KERNEL_ACCOUNT);
	if (!grant)
		return ERR_PTR(-ENOMEM);
	xdb_grant_init_end(grant);
	ret = xdb_lease_init(&grant->lease, &xdb_grant_lease_ops, file, domid,
			     nr, rdonly);
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
	xdb_grant_undo(grant);
	return ERR_PTR(ret);
}

/* Attach to the dma-buf and map it; after an error the caller undoes it. */
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
	 * Bidirectional, even if the peer may only read: exporters sync all
	 * mappings in the direction of the CPU's access.
	 */
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	grant->sgt = sgt;
	return 0;
}

/* Check the arguments except for the dma-buf: 0 or a negative error. */
int xdb_grant_check(const struct xen_dmabuf_grant *args)
{
	if (args->flags & ~(XEN_DMABUF_GRANT_RDONLY | XEN_DMABUF_GRANT_WAIT |
			    XEN_DMABUF_GRANT_FORCE_WRITE))
		return -EOPNOTSUPP;
	if (!args->nr_refs || !PAGE_ALIGNED(args->offset))
		return -EINVAL;
	if (args->nr_refs > xdb_max_pages())
		return -EFBIG;
	return xdb_peer_valid(args->domid);
}

/**
 * xdb_grant_create - make references for a dma-buf
 * @file: the account of the open file, NULL for another kernel module
 * @dmabuf: the dma-buf; the grant takes a reference of its own
 * @args: checked with xdb_grant_check()
 *
 * The grant ends when the last owner of its lease lets go, or with
 * xdb_grant_undo() if it has no owner yet.  Does not wait for anything but
 * writers, if @args->flags has XEN_DMABUF_GRANT_WAIT, and the exporter.
 *
 * Return: the grant or an ERR_PTR.
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
	if (!(args->flags &
	      (XEN_DMABUF_GRANT_RDONLY | XEN_DMABUF_GRANT_FORCE_WRITE)) &&
	    !(dmabuf->file->f_mode & FMODE_WRITE))
		return ERR_PTR(-EACCES);
	if (args->offset > dmabuf->size ||
	    args->nr_refs > (dmabuf->size - args->offset) >> PAGE_SHIFT)
		return ERR_PTR(-ERANGE);

	grant = new_grant(file, args->domid, args->nr_refs, rdonly);
	if (IS_ERR(grant))
		return grant;
	ret = attach_dmabuf(grant, dmabuf);
	/* After the attach, for which an exporter may copy the buffer. */
	if (!ret && args->flags & XEN_DMABUF_GRANT_WAIT)
		ret = xdb_wait_for_writers(dmabuf);
	if (!ret)
		ret = grant_pages(grant, args->offset);
	if (ret) {
		xdb_grant_undo(grant);
		return ERR_PTR(ret);
	}
	xdb_stat_add(XDB_STAT_GRANTS, 1);
	return grant;
}

struct xdb_lease *xdb_grant_lease(struct xdb_grant *grant)
{
	return &grant->lease;
}

/* In the order of the pages, until the grant is revoked. */
const grant_ref_t *xdb_grant_refs(struct xdb_grant *grant)
{
	return grant->refs;
}

/* Copy the references to user space and make the file of the lease. */
static long hand_over_references(struct xdb_grant *grant,
				 struct xen_dmabuf_grant *args,
				 struct xdb_fds *fds)
{
	struct file *file;

	if (copy_to_user(u64_to_user_ptr(args->refs), grant->refs,
			 array_size(args->nr_refs, sizeof(*grant->refs)))) {
		xdb_grant_undo(grant);
		return -EFAULT;
	}
	args->lease_id = grant->lease.id;
	file = xdb_lease_file(&grant->lease);
	if (IS_ERR(file)) {
		xdb_grant_undo(grant);
		return PTR_ERR(file);
	}
	/* From here on the grant ends when the file of the lease is closed. */
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
	ret = xdb_file_may(context, XEN_DMABUF_MAY_GRANT, args->domid);
	if (ret)
		return ret;
	if (args->flags & XEN_DMABUF_GRANT_FORCE_WRITE &&
	    !xdb_file_unrestricted(context))
		return -EPERM;

	dmabuf = dma_buf_get(args->dmabuf_fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf) == -EINVAL ? -EBADFD : PTR_ERR(dmabuf);
	grant = xdb_grant_create(xdb_file_account(context), dmabuf, args);
	dma_buf_put(dmabuf);
	if (IS_ERR(grant))
		return PTR_ERR(grant);
	return hand_over_references(grant, args, fds);
}
