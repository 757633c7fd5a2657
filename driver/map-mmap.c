// SPDX-License-Identifier: GPL-2.0-only
/*
 * User mappings of a MAP.  In an auto-translated domain they use ordinary PTEs,
 * which page faults fill in.  For those of a PV domain see map-mmap-pv.c.
 */
#include <linux/dma-buf.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>

#include <xen/xen.h>

#include "compat.h"
#include "map.h"
#include "map-mmap.h"
#include "map-mmap-pv.h"

static void vma_open(struct vm_area_struct *vma)
{
	struct xdb_map *map = vma->vm_private_data;

	mutex_lock(&map->lock);
	map->mmaps++;
	mutex_unlock(&map->lock);
}

static void vma_close(struct vm_area_struct *vma)
{
	struct xdb_map *map = vma->vm_private_data;

	mutex_lock(&map->lock);
	map->mmaps--;
	mutex_unlock(&map->lock);
}

static unsigned long get_vma_pfn(struct vm_area_struct *vma,
				 unsigned long address)
{
	return xdb_map_pfn(vma->vm_private_data,
			   vma->vm_pgoff +
				   ((address - vma->vm_start) >> PAGE_SHIFT));
}

/* Map all pages of the page table that @vmf is in: up to 512 with one fault. */
static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct xdb_map *map = vma->vm_private_data;
	unsigned long address = vmf->address & PAGE_MASK;
	unsigned long start = max(address & PMD_MASK, vma->vm_start);
	unsigned long end = min((address & PMD_MASK) + PMD_SIZE, vma->vm_end);
	vm_fault_t ret = VM_FAULT_SIGBUS;
	unsigned long a;

	mutex_lock(&map->lock);
	if (xdb_map_revoked(map))
		goto out;
	ret = vmf_insert_pfn(vma, address, get_vma_pfn(vma, address));
	if (ret != VM_FAULT_NOPAGE)
		goto out;
	/* Neighbours are optional: if one fails, its own fault reports it. */
	for (a = start; a < end; a += PAGE_SIZE)
		if (vmf_insert_pfn(vma, a, get_vma_pfn(vma, a)) !=
		    VM_FAULT_NOPAGE)
			break;
out:
	mutex_unlock(&map->lock);
	return ret;
}

static const struct vm_operations_struct vm_ops = {
	.open = vma_open,
	.close = vma_close,
	.fault = vma_fault,
};

int xdb_map_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct xdb_map *map = dmabuf->priv;
	int ret = 0;

	/*
	 * A private mapping would copy pages when they are written.  A shared
	 * mapping of a file that is open read-only has only VM_MAYSHARE set.
	 */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (map->lease.rdonly) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		xdb_vm_flags(vma, 0, VM_MAYWRITE);
	}
	/*
	 * VM_PFNMAP: no references on pages (GUP), as a revoke must reach every
	 * user.  VM_IO: MADV_DOFORK must not undo the VM_DONTCOPY of PV.
	 */
	xdb_vm_flags(vma, VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP, 0);
	if (xen_pv_domain())
		return xdb_map_mmap_pv(map, vma);

	mutex_lock(&map->lock);
	if (xdb_map_revoked(map)) {
		ret = -ENODEV;
	} else {
		vma->vm_ops = &vm_ops;
		vma->vm_private_data = map;
		map->mmaps++;
	}
	mutex_unlock(&map->lock);
	return ret;
}

/* Remove a revoked map's pages from all user mappings, which then fault. */
void xdb_map_zap(struct xdb_map *map)
{
	struct dma_buf *dmabuf = NULL;

	if (xen_pv_domain()) {
		xdb_map_zap_pv(map);
		return;
	}
	mutex_lock(&map->lock);
	/* A user mapping holds a reference on the dma-buf. */
	if (map->mmaps) {
		dmabuf = map->dmabuf;
		get_dma_buf(dmabuf);
	}
	mutex_unlock(&map->lock);
	if (dmabuf) {
		unmap_mapping_range(dmabuf->file->f_mapping, 0, 0, 1);
		dma_buf_put(dmabuf);
	}
	mutex_lock(&map->lock);
	map->zapped = true;
	mutex_unlock(&map->lock);
}
