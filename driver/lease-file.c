// SPDX-License-Identifier: GPL-2.0-only
/* The file of a lease, which user space polls, queries and revokes. */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uidgid.h>

#include <xen/dmabuf.h>

#include "account.h"
#include "compat.h"
#include "file.h"
#include "ioctl.h"
#include "lease.h"
#include "lease-file.h"

/**
 * struct lease_file - an open file of a lease
 * @lease: the lease
 * @owner: the file belongs to an owner, not to an observer
 * @seen: get_event() at the last INFO
 */
struct lease_file {
	struct xdb_lease *lease;
	bool owner;
	u32 seen;
};

/* A number that changes with each event that pollers wait for. */
static u32 get_event(struct xdb_lease *lease)
{
	return xdb_lease_state(lease) << 1 | READ_ONCE(lease->peer_gone);
}

static long lease_ioctl_info(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_lease_info *info = arg;
	struct lease_file *file = context;
	u32 event;

	if (info->flags)
		return -EOPNOTSUPP;
	/* Read first, so that a later change is an event again. */
	event = get_event(file->lease);
	xdb_lease_info(file->lease, info);
	WRITE_ONCE(file->seen, event);
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

static long lease_ioctl_dmabuf(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_lease_dmabuf *args = arg;
	struct lease_file *file = context;
	struct xdb_lease *lease = file->lease;
	int fd;

	if (args->flags)
		return -EOPNOTSUPP;
	if (args->reserved || !lease->ops->get_dmabuf)
		return -EINVAL;
	fd = xdb_fds_add(fds, lease->ops->get_dmabuf(lease));
	if (fd < 0)
		return fd;
	args->dmabuf_fd = fd;
	return 0;
}

static const struct xdb_ioctl lease_ioctls[] = {
	{ XEN_DMABUF_LEASE_IOC_INFO, 56, sizeof(struct xen_dmabuf_lease_info),
	  false, lease_ioctl_info },
	{ XEN_DMABUF_LEASE_IOC_REVOKE, 8,
	  sizeof(struct xen_dmabuf_lease_revoke), false, lease_ioctl_revoke },
	{ XEN_DMABUF_LEASE_IOC_DMABUF, 16,
	  sizeof(struct xen_dmabuf_lease_dmabuf), false, lease_ioctl_dmabuf },
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
	if (get_event(lf->lease) != READ_ONCE(lf->seen))
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

static struct file *new_lease_file(struct xdb_lease *lease, bool owner)
{
	struct lease_file *lf;
	struct file *file;

	lf = kmalloc_obj(*lf, GFP_KERNEL_ACCOUNT);
	if (!lf)
		return ERR_PTR(-ENOMEM);
	lf->lease = lease;
	lf->owner = owner;
	lf->seen = get_event(lease);
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
 * xdb_lease_file - make a file of a lease for an owner
 * @lease: the lease; an owner's first file publishes it
 *
 * Return: the file or an ERR_PTR.
 */
struct file *xdb_lease_file(struct xdb_lease *lease)
{
	return new_lease_file(lease, true);
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
	if (!xdb_file_unrestricted(context) || !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (open->lease_id > U32_MAX)
		return -ENOENT;
	lease = xdb_lease_find(open->lease_id);
	if (!lease)
		return -ENOENT;
	/* It has ended, and is about to be freed. */
	if (xdb_lease_state(lease) == XEN_DMABUF_LEASE_RETURNED &&
	    !atomic_read(&lease->holders))
		fd = -ENOENT;
	else
		fd = xdb_fds_add(fds, new_lease_file(lease, owner));
	xdb_lease_put(lease);
	if (fd < 0)
		return fd;
	open->lease_fd = fd;
	return 0;
}
