// SPDX-License-Identifier: GPL-2.0-only
/* The character devices: their ioctls, INFO and RESTRICT. */
#include <linux/container_of.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include <xen/interface/xen.h>
#include <xen/xen.h>

#include <xen/dmabuf.h>
#include <xen/dmabuf-backing.h>

#include "account.h"
#include "arena.h"
#include "device.h"
#include "domain.h"
#include "file.h"
#include "grant.h"
#include "ioctl.h"
#include "lease-file.h"
#include "limits.h"
#include "map-call.h"

static long device_ioctl_info(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_info *info = arg;
	struct xdb_account *account = xdb_file_account(context);
	struct xdb_arena_usage arena;

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
	info->user_pages_mapped = xdb_user_used(account, XDB_POOL_MAPPED);
	info->user_pages_mapped_limit = xdb_limit(XDB_USER, XDB_POOL_MAPPED);
	info->user_pages_granted = xdb_user_used(account, XDB_POOL_GRANTED);
	info->user_pages_granted_limit = xdb_limit(XDB_USER, XDB_POOL_GRANTED);
	info->file_pages_mapped = xdb_account_used(account, XDB_POOL_MAPPED);
	info->file_pages_mapped_limit = xdb_limit(XDB_FILE, XDB_POOL_MAPPED);
	info->file_pages_granted = xdb_account_used(account, XDB_POOL_GRANTED);
	info->file_pages_granted_limit = xdb_limit(XDB_FILE, XDB_POOL_GRANTED);
	xdb_arena_get_usage(&arena);
	info->frames = arena.total;
	info->free_frames = arena.free;
	info->free_frames_limit = xdb_free_frames_limit();
	xdb_file_get_limits(context, &info->may, &info->only_domid);
	return 0;
}

static long device_ioctl_restrict(void *context, void *arg, struct xdb_fds *fds)
{
	struct xen_dmabuf_restrict *restrict_to = arg;

	if (restrict_to->flags & ~(XEN_DMABUF_MAY_MAP | XEN_DMABUF_MAY_GRANT))
		return -EOPNOTSUPP;
	if (restrict_to->reserved || restrict_to->domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	return xdb_file_restrict(context, restrict_to->flags,
				 restrict_to->domid);
}

static const struct xdb_ioctl device_ioctls[] = {
	{ XEN_DMABUF_IOC_INFO, 48, sizeof(struct xen_dmabuf_info), false,
	  device_ioctl_info },
	{ XEN_DMABUF_IOC_RESTRICT, 16, sizeof(struct xen_dmabuf_restrict),
	  false, device_ioctl_restrict },
	{ XEN_DMABUF_IOC_MAP, 48, sizeof(struct xen_dmabuf_map), true,
	  xdb_ioctl_map },
	{ XEN_DMABUF_IOC_GRANT, 48, sizeof(struct xen_dmabuf_grant), false,
	  xdb_ioctl_grant },
	{ XEN_DMABUF_IOC_LEASE_OPEN, 24, sizeof(struct xen_dmabuf_lease_open),
	  false, xdb_ioctl_lease_open },
};

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return xdb_ioctl_dispatch(device_ioctls, ARRAY_SIZE(device_ioctls),
				  file->private_data, cmd, (void __user *)arg);
}

/**
 * struct xdb_node - a device node
 * @misc: its registration
 * @may: XEN_DMABUF_MAY_*: what its files may do
 */
struct xdb_node {
	struct miscdevice misc;
	u32 may;
};

static int device_open(struct inode *inode, struct file *file)
{
	/* misc_open() has set it to the node's struct miscdevice. */
	struct xdb_node *node =
		container_of(file->private_data, struct xdb_node, misc);

	file->private_data = xdb_file_new(node->may);
	if (!file->private_data)
		return -ENOMEM;
	return nonseekable_open(inode, file);
}

static int device_release(struct inode *inode, struct file *file)
{
	xdb_file_free(file->private_data);
	return 0;
}

#ifdef CONFIG_PROC_FS
static void device_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct xdb_file *xf = file->private_data;
	struct xdb_account *account = xdb_file_account(xf);
	u32 may, domid;

	xdb_file_get_limits(xf, &may, &domid);
	seq_printf(m, "xen-dmabuf-mapped:\t%u\n",
		   xdb_account_used(account, XDB_POOL_MAPPED));
	seq_printf(m, "xen-dmabuf-mapped-limit:\t%u\n",
		   xdb_limit(XDB_FILE, XDB_POOL_MAPPED));
	seq_printf(m, "xen-dmabuf-granted:\t%u\n",
		   xdb_account_used(account, XDB_POOL_GRANTED));
	seq_printf(m, "xen-dmabuf-granted-limit:\t%u\n",
		   xdb_limit(XDB_FILE, XDB_POOL_GRANTED));
	seq_printf(m, "xen-dmabuf-may:\t%u\n", may);
	if (domid != XEN_DMABUF_ANY_DOMAIN)
		seq_printf(m, "xen-dmabuf-domid:\t%u\n", domid);
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

/*
 * MAP reaches all that other domains have granted to this one, also what they
 * share with its block and network backends.  GRANT reaches only dma-bufs that
 * the caller has open.  So each has a node, for udev to set its permissions.
 */
static struct xdb_node nodes[] = {
	{
		.misc = {
			.minor = MISC_DYNAMIC_MINOR,
			.name = "xen/dmabuf",
			.fops = &device_fops,
			.mode = 0600,
		},
		.may = XEN_DMABUF_MAY_MAP | XEN_DMABUF_MAY_GRANT,
	},
	{
		.misc = {
			.minor = MISC_DYNAMIC_MINOR,
			.name = "xen/dmabuf-grant",
			.fops = &device_fops,
			.mode = 0600,
		},
		.may = XEN_DMABUF_MAY_GRANT,
	},
};

int xdb_device_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		ret = misc_register(&nodes[i].misc);
		if (ret)
			goto err;
	}
	return 0;

err:
	while (i--)
		misc_deregister(&nodes[i].misc);
	return ret;
}

void xdb_device_exit(void)
{
	unsigned int i = ARRAY_SIZE(nodes);

	while (i--)
		misc_deregister(&nodes[i].misc);
}
