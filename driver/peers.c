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
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <xen/interface/event_channel.h>
#include <xen/xenbus.h>

#include <asm/xen/hypercall.h>

#include <xen/dmabuf.h>

#include "lease.h"
#include "peers.h"
#include "work.h"

#define INTERVAL msecs_to_jiffies(2000)

/* What was found out of a domain, with its identity in the bits above. */
#define FOUND_IN_STORE BIT(0)
#define NOT_IN_STORE BIT(1)
#define UNKNOWN_TO_XEN BIT(2)
#define IDENTITY_SHIFT 3

/* One look at every lease: each domain is asked for once. */
struct check {
	struct xarray domains;
	unsigned int unfinished;
};

static void check_all(struct work_struct *work);
static DECLARE_DELAYED_WORK(check_work, check_all);
static bool store_ready;

/* Any domain may ask for any other one's event channels, in vain if it exists. */
static bool xen_knows(domid_t domid)
{
	struct evtchn_status status = { .dom = domid };

	return HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) != -ESRCH;
}

/*
 * A number that is another one when an id has been given to another domain: of
 * the path that its toolstack keeps its UUID in.  0 if it has none.
 */
static u32 identity_of(const char *domain)
{
	char *vm = xenbus_read(XBT_NIL, domain, "vm", NULL);
	u32 identity;

	if (IS_ERR(vm))
		return 0;
	identity = jhash(vm, strlen(vm), 0) >> IDENTITY_SHIFT;
	kfree(vm);
	return identity;
}

static unsigned long look_into_store(domid_t domid)
{
	char domain[32], **entries;
	unsigned int n;

	if (!READ_ONCE(store_ready))
		return 0;
	snprintf(domain, sizeof(domain), "/local/domain/%u", domid);
	entries = xenbus_directory(XBT_NIL, domain, "", &n);
	/* Or that we may not know. */
	if (IS_ERR(entries))
		return PTR_ERR(entries) == -ENOENT ? NOT_IN_STORE : 0;
	kfree(entries);
	return FOUND_IN_STORE | identity_of(domain) << IDENTITY_SHIFT;
}

static unsigned long find_out(struct check *check, domid_t domid)
{
	void *entry = xa_load(&check->domains, domid);
	unsigned long found;

	if (entry)
		return xa_to_value(entry);
	found = look_into_store(domid);
	if (!xen_knows(domid))
		found |= UNKNOWN_TO_XEN;
	/* Without memory it is asked again. */
	xa_store(&check->domains, domid, xa_mk_value(found), GFP_KERNEL);
	return found;
}

static bool has_gone(struct xdb_lease *lease, unsigned long found)
{
	u32 identity = found >> IDENTITY_SHIFT;

	if (found & UNKNOWN_TO_XEN)
		return true;
	/* Domains that are made without a toolstack never are in xenstore. */
	if (found & NOT_IN_STORE)
		return lease->peer_in_store;
	if (found & FOUND_IN_STORE)
		lease->peer_in_store = true;
	if (!lease->peer_identity)
		lease->peer_identity = identity;
	return identity && identity != lease->peer_identity;
}

static void check_lease(struct xdb_lease *lease, void *data)
{
	struct check *check = data;

	if (xdb_lease_state(lease) == XEN_DMABUF_LEASE_RETURNED)
		return;
	check->unfinished++;
	if (!lease->peer_gone && has_gone(lease, find_out(check, lease->domid)))
		xdb_lease_peer_gone(lease);
}

static void check_all(struct work_struct *work)
{
	struct check check = {};

	xa_init(&check.domains);
	xdb_lease_for_each(check_lease, &check);
	xa_destroy(&check.domains);
	if (check.unfinished)
		queue_delayed_work(xdb_wq, &check_work, INTERVAL);
}

/* There is a lease to look after. */
static void watch_peers(void)
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
	xdb_lease_set_publish_hook(watch_peers);
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
