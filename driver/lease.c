// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases: a registry, and the file that tells of a MAP's or GRANT's end.
 *
 * A lease lives while a file is open on it or somebody works towards its
 * RETURNED; each of these holds a reference.  It pins the module.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "xen_dmabuf.h"

static DEFINE_XARRAY_ALLOC1(leases);
static u32 next_id;
static void (*publish_hook)(void);

struct lease_file {
	struct xdb_lease *lease;
	bool owner; /* or an observer */
	u32 seen; /* what news_of() said at the last INFO */
};

/* Nothing is charged yet: see xdb_charge(). */
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

	ret = xdb_payers_get(&lease->payers, file);
	if (ret)
		return ret;
	/* Found by id only once it is in place: see xdb_lease_hold(). */
	ret = xa_alloc_cyclic(&leases, &lease->id, NULL, xa_limit_31b, &next_id,
			      GFP_KERNEL_ACCOUNT);
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

/* Look a lease up and take a reference, or return NULL. */
static struct xdb_lease *find_lease(unsigned long id)
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
		lease = find_lease(id);
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

/* True if the state was less than @state before. */
bool xdb_lease_advance(struct xdb_lease *lease, u32 state)
{
	int old = atomic_read(&lease->state);

	do {
		if (old >= state)
			return false;
	} while (!atomic_try_cmpxchg(&lease->state, &old, state));
	/* Pollers sleep interruptibly, kernel users killably. */
	wake_up_all(&lease->wait);
	return true;
}

/* What a poller waits for to change. */
static u32 news_of(struct xdb_lease *lease)
{
	return xdb_lease_state(lease) << 1 | READ_ONCE(lease->peer_gone);
}

/* The domain is no more: nobody else may get what was granted to it. */
void xdb_lease_peer_gone(struct xdb_lease *lease)
{
	WRITE_ONCE(lease->peer_gone, true);
	wake_up_all(&lease->wait);
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
	/* After the counts: RETURNED with users left would be a lie. */
	info->state = xdb_lease_state(lease);
}

void xdb_lease_revoke(struct xdb_lease *lease)
{
	xdb_lease_advance(lease, XEN_DMABUF_LEASE_REVOKED);
	lease->ops->revoke(lease);
}

/* @hook is called after each lease that is published; set before the first. */
void xdb_lease_set_publish_hook(void (*hook)(void))
{
	publish_hook = hook;
}

/* Let the registry find it: debugfs, LEASE_OPEN, and who looks for peers' ends. */
void xdb_lease_publish(struct xdb_lease *lease)
{
	/* The entry is reserved: this allocates nothing. */
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

static long lease_ioctl_info(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_lease_info *info = arg;
	struct lease_file *file = context;
	u32 news;

	if (info->flags)
		return -EOPNOTSUPP;
	/* Before: what changes meanwhile is news again. */
	news = news_of(file->lease);
	xdb_lease_info(file->lease, info);
	WRITE_ONCE(file->seen, news);
	return 0;
}

static long lease_ioctl_revoke(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_lease_revoke *revoke = arg;
	struct lease_file *file = context;

	if (revoke->flags)
		return -EOPNOTSUPP;
	xdb_lease_revoke(file->lease);
	return 0;
}

static const struct xdb_ioctl lease_ioctls[] = {
	{ XEN_DMABUF_LEASE_IOC_INFO, 56, sizeof(struct xen_dmabuf_lease_info),
	  false, lease_ioctl_info },
	{ XEN_DMABUF_LEASE_IOC_REVOKE, 8,
	  sizeof(struct xen_dmabuf_lease_revoke), false, lease_ioctl_revoke },
};

static long lease_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return xdb_ioctl_dispatch(lease_ioctls, ARRAY_SIZE(lease_ioctls),
				  file->private_data, cmd, (void __user *)arg);
}

static __poll_t lease_poll(struct file *file, poll_table *wait)
{
	struct lease_file *lf = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &lf->lease->wait, wait);
	if (news_of(lf->lease) != READ_ONCE(lf->seen))
		events |= EPOLLIN | EPOLLRDNORM;
	if (xdb_lease_state(lf->lease) == XEN_DMABUF_LEASE_RETURNED)
		events |= EPOLLHUP;
	return events;
}

static int lease_release(struct inode *inode, struct file *file)
{
	struct lease_file *lf = file->private_data;

	if (lf->owner)
		xdb_lease_unhold(lf->lease);
	else
		xdb_lease_put(lf->lease);
	kfree(lf);
	return 0;
}

#ifdef CONFIG_PROC_FS
static void lease_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct lease_file *lf = file->private_data;
	struct xen_dmabuf_lease_info info = {};

	xdb_lease_info(lf->lease, &info);
	seq_printf(m, "xen-dmabuf-lease:\t%llu\n", info.lease_id);
	seq_printf(m, "xen-dmabuf-kind:\t%s\n",
		   info.kind == XEN_DMABUF_LEASE_MAP ? "map" : "grant");
	seq_printf(m, "xen-dmabuf-domid:\t%u\n", info.domid);
	seq_printf(m, "xen-dmabuf-state:\t%u\n", info.state);
	seq_printf(m, "xen-dmabuf-pages:\t%u\n", info.nr_pages);
	seq_printf(m, "xen-dmabuf-in-use:\t%u\n", info.pages_in_use);
	seq_printf(m, "xen-dmabuf-uid:\t%u\n",
		   from_kuid_munged(seq_user_ns(m),
				    xdb_payers_uid(&lf->lease->payers)));
}
#endif

static const struct file_operations lease_fops = {
	.owner = THIS_MODULE,
	.release = lease_release,
	.poll = lease_poll,
	.unlocked_ioctl = lease_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
#ifdef CONFIG_PROC_FS
	.show_fdinfo = lease_show_fdinfo,
#endif
};

static struct file *new_file(struct xdb_lease *lease, bool owner)
{
	struct lease_file *lf;
	struct file *file;

	lf = kmalloc(sizeof(*lf), GFP_KERNEL_ACCOUNT);
	if (!lf)
		return ERR_PTR(-ENOMEM);
	lf->lease = lease;
	lf->owner = owner;
	lf->seen = news_of(lease);
	file = anon_inode_getfile("[xen-dmabuf-lease]", &lease_fops, lf,
				  O_RDWR);
	if (IS_ERR(file)) {
		kfree(lf);
		return file;
	}
	if (owner)
		xdb_lease_hold(lease);
	else
		xdb_lease_get(lease);
	return file;
}

/**
 * xdb_lease_file - a new file on a lease
 * @lease: the file becomes an owner
 *
 * Returns the file or an ERR_PTR.
 */
struct file *xdb_lease_file(struct xdb_lease *lease)
{
	return new_file(lease, true);
}

long xdb_ioctl_lease_open(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_lease_open *open = arg;
	struct xdb_lease *lease;
	bool owner = !(open->flags & XEN_DMABUF_LEASE_OBSERVE);
	int fd;

	if (open->flags & ~XEN_DMABUF_LEASE_OBSERVE)
		return -EOPNOTSUPP;
	if (open->reserved)
		return -EINVAL;
	if (xdb_restricted(context) || !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (open->lease_id > U32_MAX)
		return -ENOENT;
	lease = find_lease(open->lease_id);
	if (!lease)
		return -ENOENT;
	/* Kept for a moment only, by whoever worked towards its end. */
	if (xdb_lease_state(lease) == XEN_DMABUF_LEASE_RETURNED &&
	    !atomic_read(&lease->holders))
		fd = -ENOENT;
	else
		fd = xdb_fds_add(fds, new_file(lease, owner));
	xdb_lease_put(lease);
	if (fd < 0)
		return fd;
	open->lease_fd = fd;
	return 0;
}
