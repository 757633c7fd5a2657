// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases: the owner's handle on one MAP or GRANT, and a registry of all leases.
 *
 * A lease is freed when no file of it is open any more and it is RETURNED.
 * Each lease holds a reference on the module.
 */
#include <linux/atomic.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <xen/dmabuf.h>

#include "account.h"
#include "lease.h"
#include "trace.h"
#include "work.h"

static DEFINE_XARRAY_ALLOC1(leases);
static u32 next_lease_id;
static void (*publish_hook)(void);

static void call_watch(struct work_struct *work)
{
	struct xdb_lease *lease =
		container_of(work, struct xdb_lease, watch.work);
	xen_dmabuf_lease_fn fn;
	void *data;

	spin_lock(&lease->watch.lock);
	fn = lease->watch.fn;
	data = lease->watch.data;
	spin_unlock(&lease->watch.lock);
	/* xdb_lease_unwatch() waits for this call, so @data is still there. */
	if (fn)
		fn(lease, data);
	xdb_lease_put(lease);
}

/* Does not charge any pages: the caller does, with xdb_charge(). */
int xdb_lease_init(struct xdb_lease *lease, const struct xdb_lease_ops *ops,
		   struct xdb_account *file, domid_t domid, u32 nr_pages,
		   bool rdonly)
{
	int ret;

	kref_init(&lease->ref);
	lease->ops = ops;
	lease->domid = domid;
	lease->nr_pages = nr_pages;
	lease->rdonly = rdonly;
	lease->pid = task_tgid_nr(current);
	get_task_comm(lease->comm, current);
	atomic_set(&lease->state, XEN_DMABUF_LEASE_ACTIVE);
	atomic_set(&lease->holders, 0);
	init_waitqueue_head(&lease->wait);
	spin_lock_init(&lease->watch.lock);
	INIT_WORK(&lease->watch.work, call_watch);

	ret = xdb_payers_get(&lease->payers, file);
	if (ret)
		return ret;
	/* Only reserves the id: xdb_lease_publish() makes the lease visible. */
	ret = xa_alloc_cyclic(&leases, &lease->id, NULL, xa_limit_31b,
			      &next_lease_id, GFP_KERNEL_ACCOUNT);
	if (ret < 0) {
		xdb_payers_put(&lease->payers);
		return ret;
	}
	__module_get(THIS_MODULE);
	return 0;
}

static void free_lease(struct kref *ref)
{
	struct xdb_lease *lease = container_of(ref, struct xdb_lease, ref);

	xa_erase(&leases, lease->id);
	xdb_payers_put(&lease->payers);
	lease->ops->free(lease);
	module_put(THIS_MODULE);
}

void xdb_lease_get(struct xdb_lease *lease)
{
	kref_get(&lease->ref);
}

void xdb_lease_put(struct xdb_lease *lease)
{
	kref_put(&lease->ref, free_lease);
}

/* The lease with a reference for the caller, or NULL. */
struct xdb_lease *xdb_lease_find(unsigned long id)
{
	struct xdb_lease *lease;

	xa_lock(&leases);
	lease = xa_load(&leases, id);
	if (lease && !kref_get_unless_zero(&lease->ref))
		lease = NULL;
	xa_unlock(&leases);
	return lease;
}

void xdb_lease_for_each(void (*fn)(struct xdb_lease *lease, void *data),
			void *data)
{
	struct xdb_lease *lease;
	unsigned long id;

	xa_for_each(&leases, id, lease) {
		lease = xdb_lease_find(id);
		if (!lease)
			continue;
		fn(lease, data);
		xdb_lease_put(lease);
	}
}

u32 xdb_lease_state(struct xdb_lease *lease)
{
	return atomic_read(&lease->state);
}

const char *xdb_state_name(u32 state)
{
	switch (state) {
	case XEN_DMABUF_LEASE_ACTIVE:
		return "ACTIVE";
	case XEN_DMABUF_LEASE_REVOKED:
		return "REVOKED";
	default:
		return "RETURNED";
	}
}

/* Queue the callback; the lock orders this and xdb_lease_unwatch(). */
static void queue_watch(struct xdb_lease *lease)
{
	spin_lock(&lease->watch.lock);
	if (lease->watch.fn) {
		xdb_lease_get(lease);
		/* The caller has a reference, so this is not the last one. */
		if (!queue_work(xdb_foreign_wq, &lease->watch.work))
			xdb_lease_put(lease);
	}
	spin_unlock(&lease->watch.lock);
}

/* @lease->state or @lease->peer_gone has changed. */
static void tell_users(struct xdb_lease *lease)
{
	/* Pollers sleep interruptibly, kernel users killably. */
	wake_up_all(&lease->wait);
	queue_watch(lease);
}

static void trace_begin(struct xdb_lease *lease)
{
	if (lease->ops->kind == XEN_DMABUF_LEASE_MAP)
		trace_xen_dmabuf_map(lease->id, lease->domid, lease->nr_pages,
				     lease->rdonly);
	else
		trace_xen_dmabuf_grant(lease->id, lease->domid, lease->nr_pages,
				       lease->rdonly);
}

static void trace_state(struct xdb_lease *lease, u32 state)
{
	/* A lease that was never published belongs to a failed MAP or GRANT. */
	if (!lease->published)
		return;
	if (state == XEN_DMABUF_LEASE_REVOKED)
		trace_xen_dmabuf_revoke(lease->id, lease->domid,
					lease->nr_pages, lease->rdonly);
	else
		trace_xen_dmabuf_returned(lease->id, lease->domid,
					  lease->nr_pages, lease->rdonly);
}

/* Advance the lease to @state; false if it was there or further already. */
bool xdb_lease_advance(struct xdb_lease *lease, u32 state)
{
	int old = atomic_read(&lease->state);

	do {
		if (old >= state)
			return false;
	} while (!atomic_try_cmpxchg(&lease->state, &old, state));
	trace_state(lease, state);
	tell_users(lease);
	return true;
}

/*
 * The peer has ended.  A new domain with its id must not get its grants.  Both
 * works of peers.c may find out at a time.
 */
void xdb_lease_peer_gone(struct xdb_lease *lease)
{
	if (xchg(&lease->peer_gone, true))
		return;
	trace_xen_dmabuf_peer_gone(lease->id, lease->domid, lease->nr_pages,
				   lease->rdonly);
	tell_users(lease);
	if (lease->ops->revoke_when_alone)
		xdb_lease_revoke(lease);
}

void xdb_lease_info(struct xdb_lease *lease, struct xen_dmabuf_lease_info *info)
{
	info->lease_id = lease->id;
	info->kind = lease->ops->kind;
	info->domid = lease->domid;
	info->nr_pages = lease->nr_pages;
	info->rdonly = lease->rdonly;
	info->peer_gone = READ_ONCE(lease->peer_gone);
	lease->ops->info(lease, info);
	/* Read last, so that RETURNED never comes with users left. */
	info->state = xdb_lease_state(lease);
}

void xdb_lease_revoke(struct xdb_lease *lease)
{
	xdb_lease_advance(lease, XEN_DMABUF_LEASE_REVOKED);
	lease->ops->revoke(lease);
}

/* @hook is called for each lease published.  Set before there is a lease. */
void xdb_lease_set_publish_hook(void (*hook)(void))
{
	publish_hook = hook;
}

/* Make the lease visible to debugfs, LEASE_OPEN and peers.c, once. */
void xdb_lease_publish(struct xdb_lease *lease)
{
	if (lease->published)
		return;
	lease->published = true;
	trace_begin(lease);
	/* The id is reserved, so this allocates nothing and cannot fail. */
	xa_store(&leases, lease->id, lease, GFP_KERNEL);
	if (publish_hook)
		publish_hook();
}

/* Become an owner; the first one publishes the lease. */
void xdb_lease_hold(struct xdb_lease *lease)
{
	xdb_lease_get(lease);
	atomic_inc(&lease->holders);
	xdb_lease_publish(lease);
}

void xdb_lease_unhold(struct xdb_lease *lease)
{
	if (atomic_dec_and_test(&lease->holders) &&
	    lease->ops->revoke_when_alone)
		xdb_lease_revoke(lease);
	xdb_lease_put(lease);
}

/**
 * xdb_lease_watch - have a function called after each change
 * @lease: the caller holds a reference
 * @fn: called in process context, without locks, one call at a time
 * @data: passed to @fn
 *
 * A change before this call counts as well.
 *
 * Return: 0, or -EBUSY if the lease has a function already.
 */
int xdb_lease_watch(struct xdb_lease *lease, xen_dmabuf_lease_fn fn, void *data)
{
	spin_lock(&lease->watch.lock);
	if (lease->watch.fn) {
		spin_unlock(&lease->watch.lock);
		return -EBUSY;
	}
	lease->watch.fn = fn;
	lease->watch.data = data;
	spin_unlock(&lease->watch.lock);
	if (xdb_lease_state(lease) != XEN_DMABUF_LEASE_ACTIVE ||
	    READ_ONCE(lease->peer_gone))
		queue_watch(lease);
	return 0;
}

/**
 * xdb_lease_unwatch - have the function not called any more
 * @lease: the caller holds a reference
 *
 * When this returns, no call is running or comes later.  Only if the function
 * itself calls this, its own call is still running.
 */
void xdb_lease_unwatch(struct xdb_lease *lease)
{
	spin_lock(&lease->watch.lock);
	lease->watch.fn = NULL;
	spin_unlock(&lease->watch.lock);
	if (current_work() == &lease->watch.work)
		return;
	if (cancel_work_sync(&lease->watch.work))
		xdb_lease_put(lease);
}
