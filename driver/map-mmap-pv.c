// SPDX-License-Identifier: GPL-2.0-only
/*
 * User mappings of a MAP in a PV domain: grant PTEs.
 *
 * In a PV domain, ordinary PTEs can only point to the domain's own pages.  Each
 * user PTE is therefore a grant mapping of its own, which hypercalls make and
 * end at the machine address of the PTE.  The mapping must end before the
 * kernel changes the PTE: if a grant PTE is overwritten, Xen keeps a mapping
 * that cannot be ended any more.  An mmu notifier ends it in time.  The range
 * then stays unmapped and faults with SIGBUS.  mremap is such a change, too: the
 * VMA's copy gets grant PTEs of its own.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-buf.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <xen/grant_table.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "account.h"
#include "compat.h"
#include "limits.h"
#include "map.h"
#include "map-mmap-pv.h"
#include "stats.h"
#include "trace.h"

/**
 * struct xdb_user_mapping - the grant PTEs of one VMA
 * @notifier: for the range of the VMA
 * @node: in xdb_map.user_mappings, protected by xdb_map.lock
 * @map: held by the file of the VMA
 * @payers: who has mapped them, and not who made the map: they may be others, who
 *	got its dma-buf
 * @leaked: some pages are stuck, and stay charged
 * @lock: protects all fields below.  The mmu notifier takes it, so that no
 *	memory is allocated under it, and nothing waited for
 * @start: user address
 * @nr: number of pages
 * @live: number of valid handles
 * @stuck: number of PTEs that Xen refused to unmap
 * @tables: machine address of the page table of each PMD in the range; NULL
 *	once the map is revoked and all PTEs are unmapped
 * @handles: Xen's grant handle of each PTE; NULL at the same time as @tables
 */
struct xdb_user_mapping {
	struct mmu_interval_notifier notifier;
	struct list_head node;
	struct xdb_map *map;
	struct xdb_payers payers;
	bool leaked;
	struct mutex lock;
	unsigned long start;
	unsigned long nr;
	unsigned long live;
	u32 stuck;
	u64 *tables;
	grant_handle_t *handles;
};

/* One batch for all, since the mmu notifier must not allocate memory. */
static struct {
	struct mutex lock;
	struct gnttab_unmap_grant_ref ops[XDB_BATCH];
	unsigned long index[XDB_BATCH];
} unmap_batch = {
	.lock = __MUTEX_INITIALIZER(unmap_batch.lock),
};

static unsigned long pmd_number(struct xdb_user_mapping *um, unsigned long addr)
{
	return (addr >> PMD_SHIFT) - (um->start >> PMD_SHIFT);
}

static u64 pte_machine_address(struct xdb_user_mapping *um, unsigned long i)
{
	unsigned long addr = um->start + (i << PAGE_SHIFT);

	return um->tables[pmd_number(um, addr)] +
	       pte_index(addr) * sizeof(pte_t);
}

static int note_page_table(pte_t *pte, unsigned long addr, void *data)
{
	struct xdb_user_mapping *um = data;
	u64 *table = &um->tables[pmd_number(um, addr)];

	if (!*table)
		*table = arbitrary_virt_to_machine(pte).maddr -
			 pte_index(addr) * sizeof(pte_t);
	return 0;
}

/*
 * Run a batch of operations, whose results are in their status fields.  Not
 * inlined, so that tests can make one of them fail.
 */
noinline void xdb_user_grant_op(unsigned int cmd, void *ops, u32 n)
{
	(void)HYPERVISOR_grant_table_op(cmd, ops, n);
	xdb_stat_add(XDB_STAT_HYPERCALLS, 1);
}

/* Unmap @nr pages from @i on. */
static void unmap_user(struct xdb_user_mapping *um, unsigned long i,
		       unsigned long nr)
{
	unsigned long end = i + nr;
	u32 k, n, ok;

	lockdep_assert_held(&um->lock);
	while (um->live && i < end) {
		mutex_lock(&unmap_batch.lock);
		for (n = 0; i < end && n < XDB_BATCH; i++) {
			if (um->handles[i] == INVALID_GRANT_HANDLE)
				continue;
			unmap_batch.ops[n] = (struct gnttab_unmap_grant_ref){
				.host_addr = pte_machine_address(um, i),
				.handle = um->handles[i],
				.status = GNTST_general_error,
			};
			unmap_batch.index[n++] = i;
		}
		if (n)
			xdb_user_grant_op(GNTTABOP_unmap_grant_ref,
					  unmap_batch.ops, n);
		for (k = 0, ok = 0; k < n; k++) {
			um->handles[unmap_batch.index[k]] =
				INVALID_GRANT_HANDLE;
			if (unmap_batch.ops[k].status == GNTST_okay) {
				ok++;
				continue;
			}
			pr_warn_ratelimited(
				"Xen refused to unmap a user page of domain %u (status %d): page leaked\n",
				um->map->lease.domid,
				unmap_batch.ops[k].status);
			trace_xen_dmabuf_stuck_page(um->map->lease.id,
						    um->map->lease.domid,
						    unmap_batch.index[k],
						    unmap_batch.ops[k].status);
		}
		um->live -= n;
		um->stuck += n - ok;
		mutex_unlock(&unmap_batch.lock);
		xdb_uncharge(&um->payers, XDB_POOL_MAPPED, ok);
		xdb_stat_add(XDB_STAT_PAGES_LEAKED, n - ok);
		cond_resched();
	}
}

/* Count stuck pages as the map's, which is then never RETURNED. */
static void move_stuck_to_map(struct xdb_user_mapping *um)
{
	struct xdb_map *map = um->map;

	lockdep_assert_held(&map->lock);
	map->mapped += um->stuck;
	map->stuck += um->stuck;
	um->leaked |= um->stuck;
	um->stuck = 0;
}

static bool invalidate_user_mapping(struct mmu_interval_notifier *mni,
				    const struct mmu_notifier_range *range,
				    unsigned long cur_seq)
{
	struct xdb_user_mapping *um =
		container_of(mni, struct xdb_user_mapping, notifier);
	unsigned long start = max(range->start, um->start);
	unsigned long end = min(range->end, um->start + (um->nr << PAGE_SHIFT));

	/*
	 * The process asks which pages are written to (/proc/PID/clear_refs,
	 * PAGEMAP_SCAN).  The kernel leaves such VMAs alone.  What it does change,
	 * for userfaultfd in some releases, is announced VMA by VMA, and cannot be
	 * told from PAGEMAP_SCAN of a part of the mapping.  mprotect is refused
	 * before it comes here.
	 */
	if (range->event == MMU_NOTIFY_SOFT_DIRTY ||
	    (range->event == MMU_NOTIFY_PROTECTION_VMA &&
	     (range->start < start || range->end > end)))
		return true;
	if (!mmu_notifier_range_blockable(range))
		return false;
	mutex_lock(&um->lock);
	unmap_user(um, (start - um->start) >> PAGE_SHIFT,
		   (end - start) >> PAGE_SHIFT);
	mutex_unlock(&um->lock);
	return true;
}

static const struct mmu_interval_notifier_ops user_mapping_notifier_ops = {
	.invalidate = invalidate_user_mapping,
};

/* Map the references again, into the PTEs of the VMA. */
static int map_user(struct xdb_user_mapping *um,
		    struct gnttab_map_grant_ref *ops, unsigned long first,
		    bool rdonly)
{
	u32 flags = GNTMAP_host_map | GNTMAP_application_map |
		    GNTMAP_contains_pte | (1 << _GNTMAP_guest_avail0);
	struct xdb_map *map = um->map;
	unsigned long start;
	int err = 0;
	u32 i, n;

	lockdep_assert_held(&um->lock);
	if (rdonly)
		flags |= GNTMAP_readonly;
	for (start = 0; start < um->nr && !err; start += n) {
		if (fatal_signal_pending(current))
			return -EINTR;
		n = min_t(unsigned long, um->nr - start, XDB_BATCH);
		for (i = 0; i < n; i++) {
			gnttab_set_map_op(&ops[i],
					  pte_machine_address(um, start + i),
					  flags, map->refs[first + start + i],
					  map->lease.domid);
			ops[i].status = GNTST_general_error;
		}
		xdb_user_grant_op(GNTTABOP_map_grant_ref, ops, n);
		for (i = 0; i < n; i++) {
			if (ops[i].status == GNTST_okay) {
				um->handles[start + i] = ops[i].handle;
				um->live++;
			} else {
				/* No maptrack entry, or 127 user mappings. */
				err = -ENOSPC;
			}
		}
		cond_resched();
	}
	return err;
}

static void free_user_mapping(struct xdb_user_mapping *um)
{
	if (!um->leaked)
		xdb_payers_put(&um->payers);
	kvfree(um->tables);
	kvfree(um->handles);
	kfree(um);
}

static struct xdb_user_mapping *new_user_mapping(struct xdb_map *map,
						 struct vm_area_struct *vma)
{
	struct xdb_user_mapping *um;
	unsigned long i;

	um = kzalloc_obj(*um, GFP_KERNEL_ACCOUNT);
	if (!um)
		return NULL;
	if (xdb_payers_get_caller(&um->payers)) {
		kfree(um);
		return NULL;
	}
	mutex_init(&um->lock);
	um->map = map;
	um->start = vma->vm_start;
	um->nr = vma_pages(vma);
	um->tables = kvcalloc(pmd_number(um, vma->vm_end - 1) + 1,
			      sizeof(*um->tables), GFP_KERNEL_ACCOUNT);
	um->handles = kvmalloc_array(um->nr, sizeof(*um->handles),
				     GFP_KERNEL_ACCOUNT);
	if (!um->tables || !um->handles) {
		free_user_mapping(um);
		return NULL;
	}
	for (i = 0; i < um->nr; i++)
		um->handles[i] = INVALID_GRANT_HANDLE;
	return um;
}

/*
 * mremap makes a copy of the VMA.  It has no grant PTEs yet: the mmu notifier
 * ends those of the old VMA, and pv_vma_mremap() makes new ones.
 */
static void pv_vma_open(struct vm_area_struct *vma)
{
	vma->vm_private_data = NULL;
}

static void pv_vma_close(struct vm_area_struct *vma)
{
	struct xdb_user_mapping *um = vma->vm_private_data;
	struct xdb_map *map;

	if (!um)
		return;
	map = um->map;
	mutex_lock(&map->lock);
	list_del(&um->node);
	map->mmaps--;
	mutex_lock(&um->lock);
	unmap_user(um, 0, um->nr);
	move_stuck_to_map(um);
	mutex_unlock(&um->lock);
	mutex_unlock(&map->lock);
	mmu_interval_notifier_remove(&um->notifier);
	free_user_mapping(um);
}

static int pv_vma_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

/* Map the references into the copy; the old VMA is closed if this succeeds. */
static int pv_vma_mremap(struct vm_area_struct *vma)
{
	struct dma_buf *dmabuf = vma->vm_file->private_data;

	return xdb_map_mmap_pv(dmabuf->priv, vma);
}

static int pv_vma_mprotect(struct vm_area_struct *vma, unsigned long start,
			   unsigned long end, unsigned long newflags)
{
	return newflags == vma->vm_flags ? 0 : -EACCES;
}

static vm_fault_t pv_vma_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct pv_vm_ops = {
	.open = pv_vma_open,
	.close = pv_vma_close,
	.may_split = pv_vma_may_split,
	.mremap = pv_vma_mremap,
	.mprotect = pv_vma_mprotect,
	.fault = pv_vma_fault,
};

static int insert_notifier(struct xdb_user_mapping *um,
			   struct vm_area_struct *vma)
{
	int ret;

	ret = mmu_interval_notifier_insert_locked(&um->notifier, vma->vm_mm,
						  vma->vm_start,
						  vma->vm_end - vma->vm_start,
						  &user_mapping_notifier_ops);
	/*
	 * For the first notifier of a process, the kernel takes all locks of its
	 * memory, and gives up at any signal.  mmap begins again.
	 */
	if (ret == -EINTR && !fatal_signal_pending(current))
		return -ERESTARTNOINTR;
	if (ret)
		return ret;
	/*
	 * While another range of the process is being invalidated, the notifier
	 * may only be queued, and would not be called.  Wait until it is in place.
	 */
	mmu_interval_read_begin(&um->notifier);
	return 0;
}

int xdb_map_mmap_pv(struct xdb_map *map, struct vm_area_struct *vma)
{
	struct gnttab_map_grant_ref *ops;
	struct xdb_user_mapping *um;
	u32 nr = vma_pages(vma);
	int ret;

	ops = kvmalloc_array(min(nr, XDB_BATCH), sizeof(*ops), GFP_KERNEL);
	if (!ops)
		return -ENOMEM;
	ret = -ENOMEM;
	um = new_user_mapping(map, vma);
	if (!um)
		goto err_ops;
	/* Each user PTE takes a maptrack entry of its own. */
	ret = xdb_charge(&um->payers, XDB_POOL_MAPPED, nr);
	if (ret)
		goto err_um;
	/* The grant PTEs would not be valid in a child's copy. */
	xdb_vm_flags(vma, VM_DONTCOPY, 0);

	ret = insert_notifier(um, vma);
	if (ret)
		goto err_charge;
	ret = apply_to_page_range(vma->vm_mm, vma->vm_start,
				  vma->vm_end - vma->vm_start, note_page_table,
				  um);
	if (ret)
		goto err_notifier;

	mutex_lock(&map->lock);
	mutex_lock(&um->lock);
	if (xdb_map_revoked(map))
		ret = -ENODEV;
	else
		ret = map_user(um, ops, vma->vm_pgoff,
			       !(vma->vm_flags & VM_WRITE));
	if (ret) {
		nr -= um->live;
		unmap_user(um, 0, um->nr);
		move_stuck_to_map(um);
	} else {
		list_add(&um->node, &map->user_mappings);
		map->mmaps++;
		vma->vm_ops = &pv_vm_ops;
		vma->vm_private_data = um;
	}
	mutex_unlock(&um->lock);
	mutex_unlock(&map->lock);
	if (ret)
		goto err_notifier;
	kvfree(ops);
	return 0;

err_notifier:
	mmu_interval_notifier_remove(&um->notifier);
err_charge:
	xdb_uncharge(&um->payers, XDB_POOL_MAPPED, nr);
err_um:
	free_user_mapping(um);
err_ops:
	kvfree(ops);
	return ret;
}

/* Unmap all of it, and free what only mapped pages need. */
static void zap_user_mapping(struct xdb_user_mapping *um)
{
	grant_handle_t *handles;
	u64 *tables;

	mutex_lock(&um->lock);
	unmap_user(um, 0, um->nr);
	move_stuck_to_map(um);
	handles = um->handles;
	tables = um->tables;
	um->handles = NULL;
	um->tables = NULL;
	mutex_unlock(&um->lock);
	kvfree(handles);
	kvfree(tables);
}

void xdb_map_zap_pv(struct xdb_map *map)
{
	struct xdb_user_mapping *um;

	mutex_lock(&map->lock);
	list_for_each_entry(um, &map->user_mappings, node)
		zap_user_mapping(um);
	map->zapped = true;
	mutex_unlock(&map->lock);
}
