// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peers that are no more.
 *
 * Xen keeps a dead domain's pages for whoever has them mapped, and its id with
 * them; and it lets a new domain have the id of one that nobody maps.  So a MAP
 * stays as it is, its owner is told; and a GRANT is revoked, or it would be the
 * new domain's.
 *
 * Nobody tells the kernel of a domain's end but xenstore, and only those that
 * may know.  Xen itself has to be asked.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include <xen/interface/event_channel.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include <asm/xen/hypercall.h>

#include "xen_dmabuf.h"

#define INTERVAL msecs_to_jiffies(2000)

/* What was found out last, as most leases have the same peer. */
struct check {
	domid_t domid;
	bool in_store;
	bool gone;
	unsigned int unfinished;
};

static void check_all(struct work_struct *work);
static DECLARE_DEFERRABLE_WORK(check_work, check_all);
static bool store_ready;

/* Any domain may ask for any other one's event channels, in vain if it exists. */
static bool xen_knows(domid_t domid)
{
	struct evtchn_status status = { .dom = domid };

	return HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) != -ESRCH;
}

/* 0, -ENOENT, or that we may not know. */
static int look_into_store(domid_t domid)
{
	char id[8], **entries;
	unsigned int n;

	if (!READ_ONCE(store_ready))
		return -EACCES;
	snprintf(id, sizeof(id), "%u", domid);
	entries = xenbus_directory(XBT_NIL, "/local/domain", id, &n);
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	kfree(entries);
	return 0;
}

static void check_lease(struct xdb_lease *lease, void *data)
{
	struct check *check = data;
	int ret;

	if (xdb_lease_state(lease) == XEN_DMABUF_LEASE_RETURNED)
		return;
	check->unfinished++;
	if (lease->peer_gone)
		return;
	if (check->domid != lease->domid) {
		ret = look_into_store(lease->domid);
		check->domid = lease->domid;
		check->in_store = !ret;
		check->gone = !xen_knows(lease->domid) || ret == -ENOENT;
	}
	/* Domains that are made without a toolstack never are in xenstore. */
	if (check->in_store)
		lease->peer_in_store = true;
	if (check->gone && (lease->peer_in_store || !xen_knows(lease->domid)))
		xdb_lease_peer_gone(lease);
}

static void check_all(struct work_struct *work)
{
	struct check check = { .domid = DOMID_INVALID };

	xdb_lease_for_each(check_lease, &check);
	if (check.unfinished)
		queue_delayed_work(xdb_wq, &check_work, INTERVAL);
}

/* There is a lease to look after. */
void xdb_peers_watch(void)
{
	queue_delayed_work(xdb_wq, &check_work, INTERVAL / 10);
}

static void domain_released(struct xenbus_watch *watch, const char *path,
			    const char *token)
{
	mod_delayed_work(xdb_wq, &check_work, 0);
}

/* A domain was destroyed, has crashed, or was shut down. */
static struct xenbus_watch released = {
	.node = "@releaseDomain",
	.callback = domain_released,
};

static int store_is_ready(struct notifier_block *block, unsigned long event,
			  void *data)
{
	/* Refused where only dom0 may know; then there is the interval. */
	if (!store_ready && !register_xenbus_watch(&released))
		WRITE_ONCE(store_ready, true);
	return NOTIFY_DONE;
}

static struct notifier_block ready = {
	.notifier_call = store_is_ready,
};

void xdb_peers_init(void)
{
	register_xenstore_notifier(&ready);
}

/* No lease is left, so nothing queues the work again but the watch. */
void xdb_peers_exit(void)
{
	unregister_xenstore_notifier(&ready);
	if (store_ready)
		unregister_xenbus_watch(&released);
	cancel_delayed_work_sync(&check_work);
}
