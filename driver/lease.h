/* SPDX-License-Identifier: GPL-2.0-only */
/* Leases: the owner's handle on one MAP or GRANT. */
#ifndef XDB_LEASE_H
#define XDB_LEASE_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <xen/interface/xen.h>

#include <xen/dmabuf-kernel.h>

#include "account.h"

struct file;
struct seq_file;
struct xdb_lease;
struct xen_dmabuf_lease_info;

/**
 * struct xdb_lease_ops - what MAP and GRANT do differently
 * @kind: XEN_DMABUF_LEASE_MAP or _GRANT
 * @revoke: starts the end; the state is already REVOKED.  Never waits for the
 *	peer, and may be called again
 * @info: fills in the fields that only this kind has
 * @get_dmabuf: a reference on the file of its dma-buf, or an ERR_PTR; may be
 *	NULL
 * @show_importers: prints a line for each attached device; may be NULL
 * @free: frees the object that the lease is part of, after the last reference
 * @revoke_when_alone: revoke when the last owner lets go or the peer has ended
 */
struct xdb_lease_ops {
	u32 kind;
	void (*revoke)(struct xdb_lease *lease);
	void (*info)(struct xdb_lease *lease,
		     struct xen_dmabuf_lease_info *info);
	struct file *(*get_dmabuf)(struct xdb_lease *lease);
	void (*show_importers)(struct xdb_lease *lease, struct seq_file *m);
	void (*free)(struct xdb_lease *lease);
	bool revoke_when_alone;
};

/**
 * struct xdb_watch - the callback of a kernel user
 * @lock: protects @fn and @data
 * @fn: told of changes, by @work alone; NULL: no one is
 * @data: passed to @fn
 * @work: calls @fn; holds a reference on the lease while it is queued
 */
struct xdb_watch {
	spinlock_t lock;
	xen_dmabuf_lease_fn fn;
	void *data;
	struct work_struct work;
};

/**
 * struct xdb_lease - the owner's handle on one MAP or GRANT
 * @ref: one for each open file, for each kernel user, for a MAP's dma-buf, for
 *	queued work, and one until the lease is RETURNED
 * @ops: of its kind
 * @id: its key in the registry
 * @nr_pages: as requested
 * @domid: the peer
 * @rdonly: as requested
 * @pid: the process that made it
 * @comm: the name of that process
 * @state: XEN_DMABUF_LEASE_*; never goes back
 * @holders: number of owners: kernel users and open files, but not the files of
 *	observers
 * @payers: the accounts that its pages are charged to
 * @peer_in_store: the peer has been seen in xenstore
 * @peer_identity: hash that identified the peer in xenstore when it was first
 *	seen there; 0 if xenstore has nothing that identifies it
 * @peer_gone: the peer has ended
 * @published: debugfs, LEASE_OPEN and peers.c can see it; set by the maker
 * @wait: woken when @state or @peer_gone changes
 * @watch: of the kernel user, if there is one; queued when @wait is woken
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
	bool published;
	wait_queue_head_t wait;
	struct xdb_watch watch;
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
int xdb_lease_watch(struct xdb_lease *lease, xen_dmabuf_lease_fn fn,
		    void *data);
void xdb_lease_unwatch(struct xdb_lease *lease);
u32 xdb_lease_state(struct xdb_lease *lease);
const char *xdb_state_name(u32 state);
void xdb_lease_info(struct xdb_lease *lease,
		    struct xen_dmabuf_lease_info *info);
struct xdb_lease *xdb_lease_find(unsigned long id);
void xdb_lease_for_each(void (*fn)(struct xdb_lease *lease, void *data),
			void *data);

#endif
