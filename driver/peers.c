// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds out which peers have ended.
 *
 * While pages of an ended domain are mapped, Xen keeps them and the domain's
 * id.  A MAP therefore stays valid; its owner is told that the peer has ended.
 * But Xen may give the id of a domain whose pages are not mapped to a new
 * domain.  A GRANT to the ended domain is therefore revoked, or the new domain
 * could map it.
 *
 * Only xenstore announces the end of a domain, and only to privileged domains.
 * Other domains have to ask Xen at intervals.
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

/* What is known of a domain: flags, and its identity in the bits above. */
#define FOUND_IN_STORE BIT(0)
#define NOT_IN_STORE BIT(1)
#define UNKNOWN_TO_XEN BIT(2)
#define IDENTITY_SHIFT 3

/**
 * struct check - one check of all leases
 * @look_up: finds out about a domain
 * @has_ended: whether the peer of a lease has ended, by what @look_up found
 * @domains: what @look_up found; each domain is looked up once
 * @unfinished: number of leases that are not RETURNED
 */
struct check {
	unsigned long (*look_up)(domid_t domid);
	bool (*has_ended)(struct xdb_lease *lease, unsigned long found);
	struct xarray domains;
	unsigned int unfinished;
};

/*
 * Xen answers at once, but xenstored may hang.  The questions to it are asked
 * by a work of their own, so that those to Xen go on.
 */
static void check_with_xen(struct work_struct *work);
static void check_with_store(struct work_struct *work);
static DECLARE_DELAYED_WORK(xen_work, check_with_xen);
static DECLARE_DELAYED_WORK(store_work, check_with_store);
static bool store_ready;

/*
 * An unprivileged domain is not told of another domain's event channels, but
 * the error tells whether there is such a domain.
 */
static bool is_known_to_xen(domid_t domid)
{
	struct evtchn_status status = { .dom = domid };

	return HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) != -ESRCH;
}

/*
 * A hash that differs if the id now belongs to another domain: of the xenstore
 * path under which the toolstack keeps the domain's UUID.  0 if there is none.
 */
static u32 read_identity(const char *domain)
{
	char *vm = xenbus_read(XBT_NIL, domain, "vm", NULL);
	u32 identity;

	if (IS_ERR(vm))
		return 0;
	identity = jhash(vm, strlen(vm), 0) >> IDENTITY_SHIFT;
	kfree(vm);
	return identity;
}

static unsigned long look_up_in_store(domid_t domid)
{
	char domain[32], **entries;
	unsigned int n;

	snprintf(domain, sizeof(domain), "/local/domain/%u", domid);
	entries = xenbus_directory(XBT_NIL, domain, "", &n);
	/* Any other error: this domain may not read it. */
	if (IS_ERR(entries))
		return PTR_ERR(entries) == -ENOENT ? NOT_IN_STORE : 0;
	kfree(entries);
	return FOUND_IN_STORE | read_identity(domain) << IDENTITY_SHIFT;
}

static unsigned long look_up_in_xen(domid_t domid)
{
	return is_known_to_xen(domid) ? 0 : UNKNOWN_TO_XEN;
}

static bool has_left_store(struct xdb_lease *lease, unsigned long found)
{
	u32 identity = found >> IDENTITY_SHIFT;

	/* A domain that was made without a toolstack is never in xenstore. */
	if (found & NOT_IN_STORE)
		return lease->peer_in_store;
	if (found & FOUND_IN_STORE)
		lease->peer_in_store = true;
	if (!lease->peer_identity)
		lease->peer_identity = identity;
	return identity && identity != lease->peer_identity;
}

static bool has_left_xen(struct xdb_lease *lease, unsigned long found)
{
	return found & UNKNOWN_TO_XEN;
}

static unsigned long look_up_domain(struct check *check, domid_t domid)
{
	void *entry = xa_load(&check->domains, domid);
	unsigned long found;

	if (entry)
		return xa_to_value(entry);
	found = check->look_up(domid);
	/* Without memory the domain is just looked up again. */
	xa_store(&check->domains, domid, xa_mk_value(found), GFP_KERNEL);
	return found;
}

static void check_lease(struct xdb_lease *lease, void *data)
{
	struct check *check = data;

	if (xdb_lease_state(lease) == XEN_DMABUF_LEASE_RETURNED)
		return;
	check->unfinished++;
	if (!READ_ONCE(lease->peer_gone) &&
	    check->has_ended(lease, look_up_domain(check, lease->domid)))
		xdb_lease_peer_gone(lease);
}

/* Check all leases; false if they are all RETURNED. */
static bool check_leases(struct check *check)
{
	xa_init(&check->domains);
	xdb_lease_for_each(check_lease, check);
	xa_destroy(&check->domains);
	return check->unfinished;
}

static void check_with_xen(struct work_struct *work)
{
	struct check check = {
		.look_up = look_up_in_xen,
		.has_ended = has_left_xen,
	};

	if (check_leases(&check))
		queue_delayed_work(xdb_wq, &xen_work, INTERVAL);
}

static void check_with_store(struct work_struct *work)
{
	struct check check = {
		.look_up = look_up_in_store,
		.has_ended = has_left_store,
	};

	if (check_leases(&check))
		queue_delayed_work(xdb_foreign_wq, &store_work, INTERVAL);
}

/* A lease was published: check its peer soon, and from then on at intervals. */
static void check_peers_soon(void)
{
	queue_delayed_work(xdb_wq, &xen_work, INTERVAL / 10);
	if (READ_ONCE(store_ready))
		queue_delayed_work(xdb_foreign_wq, &store_work, INTERVAL / 10);
}

static void on_domain_release(struct xenbus_watch *watch, const char *path,
			      const char *token)
{
	mod_delayed_work(xdb_wq, &xen_work, 0);
	mod_delayed_work(xdb_foreign_wq, &store_work, 0);
}

/* Fires when a domain was destroyed, has crashed or was shut down. */
static struct xenbus_watch release_watch = {
	.node = "@releaseDomain",
	.callback = on_domain_release,
};

static int on_store_ready(struct notifier_block *block, unsigned long event,
			  void *data)
{
	/* Refused in an unprivileged domain, which asks Xen at intervals. */
	if (!store_ready && !register_xenbus_watch(&release_watch))
		WRITE_ONCE(store_ready, true);
	return NOTIFY_DONE;
}

static struct notifier_block store_notifier = {
	.notifier_call = on_store_ready,
};

void xdb_peers_init(void)
{
	xdb_lease_set_publish_hook(check_peers_soon);
	register_xenstore_notifier(&store_notifier);
}

/* No lease is left, so only the watch, removed first, could queue work. */
void xdb_peers_exit(void)
{
	unregister_xenstore_notifier(&store_notifier);
	if (store_ready)
		unregister_xenbus_watch(&release_watch);
	cancel_delayed_work_sync(&store_work);
	cancel_delayed_work_sync(&xen_work);
}
