/* SPDX-License-Identifier: GPL-2.0-only */
/* MAP: foreign pages, from mapping them to the last unmap. */
#ifndef XDB_MAP_H
#define XDB_MAP_H

#include <linux/dma-fence.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <xen/grant_table.h>

#include <xen/dmabuf-backing.h>
#include <xen/dmabuf.h>

#include "arena.h"
#include "lease.h"

struct dma_buf;

/**
 * struct xdb_map - foreign pages as a dma-buf
 * @lease: first; the map lives as long as its lease
 * @lock: protects all fields below.  Taken inside the dma-buf's reservation and
 *	mmap_lock, and outside xdb_user_mapping.lock.  Memory may be allocated
 *	under it
 * @range: the page frames that the foreign pages are mapped into, NULL if
 *	@backing is used
 * @backing: page frames from the DMA API instead of @range
 * @pages: the frames of @backing, or those of @range if they are scattered.
 *	NULL if they are contiguous, so that their linear map serves as the vmap
 * @handles: Xen's grant handle of each page; NULL once RETURNED
 * @refs: the references; kept only on PV, where each user mapping maps them
 *	again, until RETURNED
 * @dmabuf: without a reference; NULL once it is released
 * @name: of the dma-buf's exporter, with the lease's id, for debugfs and fdinfo
 * @attached: struct xdb_attachment: the attached devices
 * @sgts: struct xdb_sgt: the sg tables of devices that have it mapped
 * @user_mappings: struct xdb_user_mapping: on PV, the user mappings
 * @attachments: number of attached devices
 * @nr_static: number of attached devices whose driver cannot be told to let go;
 *	such a device keeps a revoked map until it detaches
 * @mmaps: number of user mappings
 * @revocable: refuse importers that cannot be told to let go
 * @trusts_devices: read-only, but devices are trusted not to write and may
 *	map it in every direction
 * @vmapped: a kernel driver holds a kernel mapping
 * @mapped: number of pages that Xen has mapped for this map
 * @stuck: how many of @mapped Xen refused to unmap; never reused
 * @charged: number of pages charged for @range or @backing
 * @fences: of importers' work when all had unmapped after the revoke, or NULL
 * @fences_cb: ends the map when @fences have signalled
 * @fences_noted: @fences is set, and stays what it is
 * @zapped: revoked, and user mappings are gone and cannot come back
 * @ended: unmapped; the lease is RETURNED soon unless pages are stuck, and
 *	nothing but the function that ends it uses the memory above
 * @work: retries the end
 * @delay: backoff of @work, in jiffies
 */
struct xdb_map {
	struct xdb_lease lease;
	struct mutex lock;
	struct xdb_range *range;
	struct xen_dmabuf_backing *backing;
	struct page **pages;
	grant_handle_t *handles;
	grant_ref_t *refs;
	struct dma_buf *dmabuf;
	char name[sizeof(KBUILD_MODNAME ":4294967295")];
	struct list_head attached;
	struct list_head sgts;
	struct list_head user_mappings;
	unsigned int attachments;
	unsigned int nr_static;
	unsigned int mmaps;
	bool revocable;
	bool trusts_devices;
	bool vmapped;
	u32 mapped;
	u32 stuck;
	u32 charged;
	struct dma_fence *fences;
	struct dma_fence_cb fences_cb;
	bool fences_noted;
	bool zapped;
	bool ended;
	struct delayed_work work;
	unsigned long delay;
};

static inline struct page *xdb_map_page(struct xdb_map *map, unsigned long i)
{
	if (map->pages)
		return map->pages[i];
	return pfn_to_page(map->range->pfn + i);
}

static inline unsigned long xdb_map_pfn(struct xdb_map *map, unsigned long i)
{
	return page_to_pfn(xdb_map_page(map, i));
}

static inline bool xdb_map_revoked(struct xdb_map *map)
{
	return xdb_lease_state(&map->lease) != XEN_DMABUF_LEASE_ACTIVE;
}

int xdb_map_pages(struct xdb_map *map, const u32 *refs, u32 *bad_ref);
void xdb_map_end(struct xdb_map *map);
void xdb_map_end_soon(struct xdb_map *map);
struct dma_buf *xdb_map_get_attached(struct xdb_map *map);

#endif
