/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the driver share. */
#ifndef XEN_DMABUF_H
#define XEN_DMABUF_H

#include <linux/atomic.h>
#include <linux/dma-buf.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <xen/grant_table.h>
#include <xen/interface/xen.h>

#include <xen/dmabuf.h>
#include <xen/dmabuf-backing.h>

#include "compat.h"

#define XDB_NAME "xen_dmabuf"

/* gnttab_alloc_grant_references() counts in a u16 */
#define XDB_MAX_PAGES 65535U

/* Grant operations in one hypercall. */
#define XDB_BATCH 512U

/* ---- stats.c ---- */

enum xdb_stat {
	XDB_STAT_HYPERCALLS,
	XDB_STAT_MAPS,
	XDB_STAT_GRANTS,
	XDB_STAT_BOUNCES_REFUSED,
	XDB_STAT_PAGES_LEAKED,
	XDB_STAT_RECLAIM_PASSES,
	XDB_STAT_NR,
};

extern const char *const xdb_stat_names[XDB_STAT_NR];
u64 xdb_stat_read(enum xdb_stat stat);
void xdb_stat_add(enum xdb_stat stat, unsigned int n);

/* ---- limits.c: module parameters ---- */

enum xdb_pool {
	XDB_POOL_MAPPED,
	XDB_POOL_GRANTED,
	XDB_POOL_NR,
};

/* Whose limit: each is within the one before. */
enum xdb_level {
	XDB_ALL,
	XDB_USER,
	XDB_FILE,
	XDB_LEVEL_NR,
};

unsigned int xdb_max_pages(void);
void xdb_limits(enum xdb_pool pool, unsigned int limit[XDB_LEVEL_NR]);
unsigned int xdb_limit(enum xdb_level level, enum xdb_pool pool);
unsigned int xdb_grants_reserved(void);
void xdb_grant_table_size(unsigned int *total, unsigned int *growth);

/* ---- account.c: who pays ---- */

struct seq_file;
struct xdb_account;

/* Of one lease; the file's is NULL for the kernel's own users. */
struct xdb_payers {
	struct xdb_account *account[XDB_LEVEL_NR];
};

struct xdb_account *xdb_account_new(void);
void xdb_account_put(struct xdb_account *account);
unsigned int xdb_account_used(const struct xdb_account *account,
			      enum xdb_pool pool);
void xdb_account_show(struct seq_file *m);
int xdb_payers_get(struct xdb_payers *payers, struct xdb_account *file);
void xdb_payers_put(struct xdb_payers *payers);
kuid_t xdb_payers_uid(const struct xdb_payers *payers);
int xdb_charge(const struct xdb_payers *payers, enum xdb_pool pool,
	       unsigned int nr);
void xdb_uncharge(const struct xdb_payers *payers, enum xdb_pool pool,
		  unsigned int nr);
unsigned int xdb_pool_used(enum xdb_pool pool);
unsigned int xdb_user_used(enum xdb_pool pool);
void xdb_grant_budget(unsigned int *total, unsigned int *left);

/* ---- ioctl.c ---- */

/* Files that an ioctl makes: installed once the caller knows their numbers. */
struct xdb_fds {
	unsigned int nr;
	int fd[2];
	struct file *file[2];
};

/**
 * struct xdb_ioctl - one row of an ioctl table
 * @cmd: the call
 * @first_size: of its struct's first version
 * @size: of its struct as it is now
 * @out_on_error: the struct is written back after an error, too
 * @fn: gets the caller's context, the struct, and a place for new files
 */
struct xdb_ioctl {
	unsigned int cmd;
	u32 first_size;
	u32 size;
	bool out_on_error;
	long (*fn)(void *context, void *arg, struct xdb_fds *fds);
};

int xdb_fds_add(struct xdb_fds *fds, struct file *file);
long xdb_ioctl_dispatch(const struct xdb_ioctl *table, size_t nr, void *context,
			unsigned int cmd, void __user *arg);

/* ---- work.c ---- */

extern struct workqueue_struct *xdb_wq;
int xdb_work_init(void);
void xdb_work_exit(void);

/* ---- domain.c ---- */

extern domid_t xdb_own_domid;
int xdb_find_own_domid(void);
int xdb_peer_valid(u32 domid);

/* ---- file.c ---- */

struct xdb_file;

struct xdb_file *xdb_file_new(void);
void xdb_file_free(struct xdb_file *file);
int xdb_may(struct xdb_file *file, u32 what, u32 domid);
int xdb_file_restrict(struct xdb_file *file, u32 may, u32 domid);
bool xdb_restricted(struct xdb_file *file);
u32 xdb_file_domid(struct xdb_file *file);
struct xdb_account *xdb_file_account(struct xdb_file *file);

/* ---- device.c ---- */

int xdb_device_init(void);
void xdb_device_exit(void);

/* ---- lease.c ---- */

struct xdb_lease;

struct xdb_lease_ops {
	u32 kind;
	/* The end was asked for; the state is REVOKED already.  Never waits. */
	void (*revoke)(struct xdb_lease *lease);
	/* Adds what only this kind knows. */
	void (*info)(struct xdb_lease *lease,
		     struct xen_dmabuf_lease_info *info);
	/* A line for each device that uses it; may be NULL. */
	void (*show_importers)(struct xdb_lease *lease, struct seq_file *m);
	/* The last reference is gone. */
	void (*free)(struct xdb_lease *lease);
	/* The last owner's letting go asks for the end, and the peer's does. */
	bool revoke_when_alone;
};

/**
 * struct xdb_lease - the owner's view on one MAP or GRANT
 * @ref: one for each file, kernel user and the dma-buf of a MAP, and one for
 *	whoever works towards RETURNED
 * @ops: what kind it is
 * @id: its key in the registry
 * @domid: the peer
 * @nr_pages: as asked for
 * @rdonly: as asked for
 * @pid: who made it, with @comm
 * @comm: see @pid
 * @state: XEN_DMABUF_LEASE_*, only ever grows
 * @holders: owners: open files but for observers', and kernel users
 * @payers: charged for its pages
 * @peer_in_store: xenstore knew the peer once
 * @peer_identity: of the peer as xenstore knew it first, 0 if it does not say
 * @peer_gone: the peer is no more
 * @wait: pollers
 */
struct xdb_lease {
	struct kref ref;
	const struct xdb_lease_ops *ops;
	u32 id;
	u32 nr_pages;
	domid_t domid;
	bool rdonly;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	atomic_t state;
	atomic_t holders;
	struct xdb_payers payers;
	bool peer_in_store;
	u32 peer_identity;
	bool peer_gone;
	wait_queue_head_t wait;
};

int xdb_lease_init(struct xdb_lease *lease, const struct xdb_lease_ops *ops,
		   struct xdb_account *file, domid_t domid, u32 nr_pages,
		   bool rdonly);
void xdb_lease_get(struct xdb_lease *lease);
void xdb_lease_put(struct xdb_lease *lease);
void xdb_lease_publish(struct xdb_lease *lease);
void xdb_lease_set_publish_hook(void (*hook)(void));
void xdb_lease_hold(struct xdb_lease *lease);
void xdb_lease_unhold(struct xdb_lease *lease);
void xdb_lease_revoke(struct xdb_lease *lease);
bool xdb_lease_advance(struct xdb_lease *lease, u32 state);
void xdb_lease_peer_gone(struct xdb_lease *lease);
u32 xdb_lease_state(struct xdb_lease *lease);
const char *xdb_state_name(u32 state);
struct xdb_lease *xdb_lease_find(unsigned long id);
void xdb_lease_info(struct xdb_lease *lease,
		    struct xen_dmabuf_lease_info *info);
void xdb_lease_for_each(void (*fn)(struct xdb_lease *lease, void *data),
			void *data);

/* ---- lease-file.c ---- */

struct file *xdb_lease_file(struct xdb_lease *lease);
long xdb_ioctl_lease_open(void *context, void *arg, struct xdb_fds *fds);

/* ---- peers.c: domains that end ---- */

void xdb_peers_init(void);
void xdb_peers_exit(void);

/* ---- arena.c: ranges of page frames to map foreign pages into ---- */

struct xdb_range {
	struct rb_node by_pfn;
	struct rb_node by_size;
	unsigned long pfn;
	unsigned long nr;
};

struct xdb_range *xdb_arena_alloc(unsigned long nr);
void xdb_arena_free(struct xdb_range *range);
void xdb_arena_usage(unsigned long *total, unsigned long *free);
void xdb_arena_exit(void);

/* ---- backing.c, beside what include/xen/dmabuf-backing.h exports ---- */

int xdb_backing_init(void);
void xdb_backing_exit(void);
unsigned int xdb_backing_owed(void);

/* ---- map*.c ---- */

struct xdb_user_mapping;

/**
 * struct xdb_map - foreign pages as a dma-buf
 * @lease: first, the object's lifetime is its
 * @lock: all below.  Taken inside the dma-buf's reservation and mmap_lock,
 *	outside a user mapping's own lock; memory may be allocated under it
 * @range: where the pages are; contiguous page frames, so that the linear map
 *	is also the vmap.  NULL if @backing is used
 * @backing: frames from the DMA API instead
 * @handles: Xen's handle for each page
 * @refs: the references, where user mappings need them again (PV)
 * @dmabuf: not a reference; NULL once released
 * @sgts: live sg tables (struct xdb_sgt)
 * @user_mappings: PV's grant PTEs (struct xdb_user_mapping)
 * @attachments: attached devices
 * @pinned: those among them that cannot be told to let go
 * @mmaps: user mappings
 * @revocable: refuses whoever could not be told to let go
 * @vmapped: a kernel user holds a kernel mapping
 * @mapped: pages that Xen still has mapped for @range
 * @stuck: pages among them that Xen would not unmap; never used again
 * @charged: pages charged for @range
 * @zapped: revoked, and no user mapping is left or can come
 * @ended: unmapped; the lease is RETURNED unless pages are stuck
 * @work: works towards RETURNED
 * @delay: backoff of @work, in jiffies
 */
struct xdb_map {
	struct xdb_lease lease;
	struct mutex lock;
	struct xdb_range *range;
	struct xen_dmabuf_backing *backing;
	grant_handle_t *handles;
	grant_ref_t *refs;
	struct dma_buf *dmabuf;
	struct list_head sgts;
	struct list_head user_mappings;
	unsigned int attachments;
	unsigned int pinned;
	unsigned int mmaps;
	bool revocable;
	bool vmapped;
	u32 mapped;
	u32 stuck;
	u32 charged;
	bool zapped;
	bool ended;
	struct delayed_work work;
	unsigned long delay;
};

static inline struct page *xdb_map_page(struct xdb_map *map, unsigned long i)
{
	if (map->backing)
		return xen_dmabuf_backing_pages(map->backing)[i];
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

int xdb_map_check(const struct xen_dmabuf_map *args);
struct xdb_map *xdb_map_create(struct xdb_account *file,
			       struct xen_dmabuf_map *args, u32 *refs);
long xdb_ioctl_map(void *context, void *arg, struct xdb_fds *fds);
int xdb_map_pages(struct xdb_map *map, const u32 *refs, u32 *bad_ref);
void xdb_map_work(struct work_struct *work);
void xdb_map_end(struct xdb_map *map);
void xdb_map_end_soon(struct xdb_map *map);
struct dma_buf *xdb_map_get_attached(struct xdb_map *map);
bool xdb_is_map(struct dma_buf *dmabuf);
void xdb_map_show_importers(struct xdb_map *map, struct seq_file *m);
struct dma_buf *xdb_map_export(struct xdb_map *map);

int xdb_map_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma);
void xdb_map_zap(struct xdb_map *map);

#ifdef CONFIG_XEN_PV
int xdb_map_mmap_pv(struct xdb_map *map, struct vm_area_struct *vma);
void xdb_map_zap_pv(struct xdb_map *map);
void xdb_user_grant_op(unsigned int cmd, void *ops, u32 n);
#else
static inline int xdb_map_mmap_pv(struct xdb_map *map,
				  struct vm_area_struct *vma)
{
	return -EOPNOTSUPP;
}

static inline void xdb_map_zap_pv(struct xdb_map *map)
{
}
#endif

/* ---- suspend.c ---- */

int xdb_suspend_init(void);
void xdb_suspend_exit(void);

/* ---- importer.c ---- */

/*
 * An exporter maps its pages for a device, and on PV the DMA layer may answer
 * with a bounce buffer's address: granting that shares the wrong page.  This
 * device's DMA addresses are the pages' own, with a mark by which an address
 * that was made for any other device is told apart.
 */
#define XDB_OWN_ADDRESS BIT_ULL(62)

/* sg_next() where there is a next one: the call costs more than the rest. */
static inline struct scatterlist *xdb_next_sg(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

int xdb_importer_init(void);
void xdb_importer_exit(void);
struct device *xdb_importer_device(void);

/* ---- grant.c ---- */

struct xdb_grant;

int xdb_grant_check(const struct xen_dmabuf_grant *args);
struct xdb_grant *xdb_grant_create(struct xdb_account *file,
				   struct dma_buf *dmabuf,
				   const struct xen_dmabuf_grant *args);
void xdb_grant_abandon(struct xdb_grant *grant);
struct xdb_lease *xdb_grant_lease(struct xdb_grant *grant);
const grant_ref_t *xdb_grant_refs(struct xdb_grant *grant);
long xdb_ioctl_grant(void *context, void *arg, struct xdb_fds *fds);

/* ---- debugfs.c ---- */

#ifdef CONFIG_DEBUG_FS
void xdb_debugfs_init(void);
void xdb_debugfs_exit(void);
#else
static inline void xdb_debugfs_init(void)
{
}

static inline void xdb_debugfs_exit(void)
{
}
#endif

#endif
