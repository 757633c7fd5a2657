// SPDX-License-Identifier: GPL-2.0-only
/* The module, its device, and the calls that need no buffer. */
#include <linux/file.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <xen/interface/event_channel.h>
#include <xen/xen.h>

#include <asm/xen/hypercall.h>

#include "xen_dmabuf.h"

/**
 * struct xdb_file - an open /dev/xen/dmabuf
 * @lock: both below
 * @may: XEN_DMABUF_MAY_*, with @domid
 * @domid: DOMID_INVALID unless restricted
 * @account: what it has mapped and granted
 */
struct xdb_file {
	spinlock_t lock;
	u32 may;
	domid_t domid;
	struct xdb_account *account;
};

struct workqueue_struct *xdb_wq;
domid_t xdb_own_domid;

/* What a MAP or GRANT may name: 0, or why not. */
int xdb_peer_valid(u32 domid)
{
	if (domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	/*
	 * Xen lets a PV domain map its own grants, and an auto-translated one
	 * lose its page by trying.  Nobody needs either.
	 */
	if (domid == xdb_own_domid)
		return -ELOOP;
	return 0;
}

bool xdb_restricted(struct xdb_file *xf)
{
	return READ_ONCE(xf->domid) != DOMID_INVALID;
}

struct xdb_account *xdb_file_account(struct xdb_file *xf)
{
	return xf->account;
}

/* 0 if this file may still do @what with @domid. */
int xdb_may(struct xdb_file *xf, u32 what, u32 domid)
{
	int ret = 0;

	spin_lock(&xf->lock);
	if (xf->domid != DOMID_INVALID &&
	    (xf->domid != domid || !(xf->may & what)))
		ret = -EPERM;
	spin_unlock(&xf->lock);
	return ret;
}

static long ioctl_info(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_info *info = arg;
	struct xdb_file *xf = context;

	if (info->flags)
		return -EOPNOTSUPP;
	info->version = XEN_DMABUF_VERSION;
	info->features = XEN_DMABUF_FEATURE_MMAP | XEN_DMABUF_FEATURE_VMAP;
	if (xen_pv_domain())
		info->features |= XEN_DMABUF_FEATURE_PV;
	if (xen_dmabuf_backing_offered())
		info->features |= XEN_DMABUF_FEATURE_DMA_BACKING;
	info->domid = xdb_own_domid;
	info->max_pages = xdb_max_pages();
	info->pages_mapped = xdb_pool_used(XDB_POOL_MAPPED);
	info->pages_mapped_limit = xdb_limit(XDB_ALL, XDB_POOL_MAPPED);
	info->pages_granted = xdb_pool_used(XDB_POOL_GRANTED);
	info->pages_granted_limit = xdb_limit(XDB_ALL, XDB_POOL_GRANTED);
	xdb_grant_budget(&info->grants_total, &info->grants_left);
	info->grants_reserved = xdb_grants_reserved();
	info->user_pages_mapped = xdb_user_used(XDB_POOL_MAPPED);
	info->user_pages_mapped_limit = xdb_limit(XDB_USER, XDB_POOL_MAPPED);
	info->user_pages_granted = xdb_user_used(XDB_POOL_GRANTED);
	info->user_pages_granted_limit = xdb_limit(XDB_USER, XDB_POOL_GRANTED);
	info->file_pages_mapped =
		xdb_account_used(xf->account, XDB_POOL_MAPPED);
	info->file_pages_mapped_limit = xdb_limit(XDB_FILE, XDB_POOL_MAPPED);
	info->file_pages_granted =
		xdb_account_used(xf->account, XDB_POOL_GRANTED);
	info->file_pages_granted_limit = xdb_limit(XDB_FILE, XDB_POOL_GRANTED);
	return 0;
}

static long ioctl_restrict(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_restrict *restrict_to = arg;
	struct xdb_file *xf = context;
	int ret = 0;

	if (restrict_to->flags & ~(XEN_DMABUF_MAY_MAP | XEN_DMABUF_MAY_GRANT))
		return -EOPNOTSUPP;
	if (restrict_to->reserved || restrict_to->domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;

	spin_lock(&xf->lock);
	if (xf->domid != DOMID_INVALID && (xf->domid != restrict_to->domid ||
					   restrict_to->flags & ~xf->may)) {
		ret = -EPERM;
	} else {
		xf->may = restrict_to->flags;
		WRITE_ONCE(xf->domid, restrict_to->domid);
	}
	spin_unlock(&xf->lock);
	return ret;
}

static const struct xdb_ioctl ioctls[] = {
	{ XEN_DMABUF_IOC_INFO, 48, sizeof(struct xen_dmabuf_info), false,
	  ioctl_info },
	{ XEN_DMABUF_IOC_RESTRICT, 16, sizeof(struct xen_dmabuf_restrict),
	  false, ioctl_restrict },
	{ XEN_DMABUF_IOC_MAP, 48, sizeof(struct xen_dmabuf_map), true,
	  xdb_ioctl_map },
	{ XEN_DMABUF_IOC_GRANT, 48, sizeof(struct xen_dmabuf_grant), false,
	  xdb_ioctl_grant },
	{ XEN_DMABUF_IOC_LEASE_OPEN, 24, sizeof(struct xen_dmabuf_lease_open),
	  false, xdb_ioctl_lease_open },
};

/* The largest struct of either table. */
union xdb_any_arg {
	struct xen_dmabuf_info info;
	struct xen_dmabuf_restrict restrict_to;
	struct xen_dmabuf_map map;
	struct xen_dmabuf_grant grant;
	struct xen_dmabuf_lease_open lease_open;
	struct xen_dmabuf_lease_info lease_info;
	struct xen_dmabuf_lease_revoke lease_revoke;
};

/**
 * xdb_fds_add - reserve a number for a file
 * @fds: where both are kept until the caller has been told the number
 * @file: taken over, also on failure; may be an ERR_PTR
 *
 * Returns the number or a negative errno value.
 */
int xdb_fds_add(struct xdb_fds *fds, struct file *file)
{
	int fd;

	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		fput(file);
		return fd;
	}
	fds->fd[fds->nr] = fd;
	fds->file[fds->nr++] = file;
	return fd;
}

static void settle_fds(struct xdb_fds *fds, bool install)
{
	while (fds->nr--) {
		if (install) {
			fd_install(fds->fd[fds->nr], fds->file[fds->nr]);
		} else {
			put_unused_fd(fds->fd[fds->nr]);
			fput(fds->file[fds->nr]);
		}
	}
}

/* Shared by the device and by leases: sizes, copies, new files. */
long xdb_ioctl_dispatch(const struct xdb_ioctl *table, size_t nr, void *context,
			unsigned int cmd, void __user *arg)
{
	const struct xdb_ioctl *op = NULL;
	struct xdb_fds fds = {};
	union xdb_any_arg any = {};
	bool copied = true;
	size_t i;
	u32 size;
	long ret;

	for (i = 0; i < nr; i++)
		if (table[i].cmd == cmd)
			op = &table[i];
	if (!op)
		return -ENOTTY;

	if (get_user(size, (u32 __user *)arg))
		return -EFAULT;
	if (size < op->first_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&any, op->size, arg, size);
	if (ret)
		return ret;

	ret = op->fn(context, &any, &fds);
	if (!ret || op->out_on_error)
		copied = !copy_to_user(arg, &any, min(size, op->size));
	if (!ret && !copied)
		ret = -EFAULT;
	settle_fds(&fds, !ret);
	return ret;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return xdb_ioctl_dispatch(ioctls, ARRAY_SIZE(ioctls),
				  file->private_data, cmd, (void __user *)arg);
}

static int device_open(struct inode *inode, struct file *file)
{
	struct xdb_file *xf = kzalloc(sizeof(*xf), GFP_KERNEL_ACCOUNT);

	if (!xf)
		return -ENOMEM;
	xf->account = xdb_account_new();
	if (!xf->account) {
		kfree(xf);
		return -ENOMEM;
	}
	spin_lock_init(&xf->lock);
	xf->domid = DOMID_INVALID;
	file->private_data = xf;
	return nonseekable_open(inode, file);
}

static int device_release(struct inode *inode, struct file *file)
{
	struct xdb_file *xf = file->private_data;

	/* Its leases may outlive it, and still be charged to it. */
	xdb_account_put(xf->account);
	kfree(xf);
	return 0;
}

#ifdef CONFIG_PROC_FS
static void device_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct xdb_file *xf = file->private_data;

	seq_printf(m, "xen-dmabuf-mapped:\t%u\n",
		   xdb_account_used(xf->account, XDB_POOL_MAPPED));
	seq_printf(m, "xen-dmabuf-mapped-limit:\t%u\n",
		   xdb_limit(XDB_FILE, XDB_POOL_MAPPED));
	seq_printf(m, "xen-dmabuf-granted:\t%u\n",
		   xdb_account_used(xf->account, XDB_POOL_GRANTED));
	seq_printf(m, "xen-dmabuf-granted-limit:\t%u\n",
		   xdb_limit(XDB_FILE, XDB_POOL_GRANTED));
	if (xdb_restricted(xf))
		seq_printf(m, "xen-dmabuf-domid:\t%u\n", READ_ONCE(xf->domid));
}
#endif

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
#ifdef CONFIG_PROC_FS
	.show_fdinfo = device_show_fdinfo,
#endif
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/dmabuf",
	.fops = &device_fops,
	.mode = 0600,
};

/* Xen names the caller when asked who an event channel to DOMID_SELF is for. */
int xdb_find_own_domid(void)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = DOMID_SELF,
	};
	struct evtchn_status status = { .dom = DOMID_SELF };
	struct evtchn_close close;
	int ret;

	ret = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
	if (ret)
		return ret;
	status.port = alloc.port;
	ret = HYPERVISOR_event_channel_op(EVTCHNOP_status, &status);
	close.port = alloc.port;
	HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
	if (ret)
		return ret;
	if (status.status != EVTCHNSTAT_unbound)
		return -EPROTO;
	xdb_own_domid = status.u.unbound.dom;
	return 0;
}

static int __init xdb_init(void)
{
	int ret;

	if (!xen_domain())
		return -ENODEV;
	/* A page of a dma-buf is one grant throughout. */
	if (PAGE_SIZE != XEN_PAGE_SIZE) {
		pr_err(XDB_NAME ": needs 4 KiB pages, this kernel has %lu\n",
		       PAGE_SIZE);
		return -EOPNOTSUPP;
	}
	ret = xdb_find_own_domid();
	if (ret) {
		pr_err(XDB_NAME ": Xen does not tell this domain's id (%d)\n",
		       ret);
		return ret;
	}
	xdb_wq = alloc_workqueue(XDB_NAME, WQ_UNBOUND, 0);
	if (!xdb_wq)
		return -ENOMEM;
	ret = xdb_backing_init();
	if (ret)
		goto err_wq;
	ret = xdb_grant_init();
	if (ret)
		goto err_backing;
	ret = xdb_suspend_init();
	if (ret)
		goto err_grant;
	xdb_debugfs_init();
	xdb_peers_init();
	/* Last: from here on user space calls. */
	ret = misc_register(&device);
	if (ret)
		goto err_debugfs;
	return 0;

err_debugfs:
	xdb_peers_exit();
	xdb_debugfs_exit();
	xdb_suspend_exit();
err_grant:
	xdb_grant_exit();
err_backing:
	xdb_backing_exit();
err_wq:
	destroy_workqueue(xdb_wq);
	return ret;
}

static void __exit xdb_exit(void)
{
	misc_deregister(&device);
	xdb_debugfs_exit();
	xdb_peers_exit();
	xdb_backing_exit();
	/* Every lease pins the module; what is left is its last work's end. */
	destroy_workqueue(xdb_wq);
	xdb_suspend_exit();
	xdb_grant_exit();
	xdb_arena_exit();
}

module_init(xdb_init);
module_exit(xdb_exit);

MODULE_DESCRIPTION("dma-bufs across Xen domains");
MODULE_AUTHOR("The xen-dmabuf authors");
MODULE_LICENSE("GPL");
#ifdef XDB_MODULE_VERSION
MODULE_VERSION(XDB_MODULE_VERSION);
#endif
XDB_IMPORT_DMA_BUF();
