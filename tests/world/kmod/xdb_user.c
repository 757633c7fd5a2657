// SPDX-License-Identifier: GPL-2.0-only
/* xdb_user: a kernel user of xen_dmabuf, commanded by user space. */
#include <linux/atomic.h>
#include <linux/dma-buf.h>
#include <linux/fs.h>
#include <linux/iosys-map.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <xen/dmabuf-backing.h>
#include <xen/dmabuf-kernel.h>
#include <xen/dmabuf.h>

#include "xdb_device.h"
#include "xdb_user.h"

struct kernel_user {
	struct mutex lock; /* all below, but for @saw and the end of @lease */
	struct xdb_lease *lease; /* who takes it out with xchg() puts it */
	struct dma_buf *dmabuf;
	struct xen_dmabuf_backing *backing;
	bool put_when_returned;
	atomic_t saw;
};

static void put_lease(struct kernel_user *user)
{
	struct xdb_lease *lease = xchg(&user->lease, NULL);

	if (lease)
		xen_dmabuf_lease_put(lease);
}

static void on_change(struct xdb_lease *lease, void *data)
{
	u32 state = xen_dmabuf_lease_state(lease);
	struct kernel_user *user = data;

	if (xen_dmabuf_lease_peer_gone(lease))
		atomic_or(XDB_USER_SAW_PEER_GONE, &user->saw);
	atomic_or(XDB_USER_SAW(state), &user->saw);
	if (state == XEN_DMABUF_LEASE_RETURNED && user->put_when_returned)
		put_lease(user);
}

static long map(struct kernel_user *user, const struct xdb_user_share *share,
		grant_ref_t *refs)
{
	struct dma_buf *dmabuf;

	if (copy_from_user(refs, u64_to_user_ptr(share->refs),
			   share->nr_refs * sizeof(*refs)))
		return -EFAULT;
	dmabuf = xen_dmabuf_map(share->domid, refs, share->nr_refs,
				share->flags, 0, &user->lease);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	user->dmabuf = dmabuf;
	return 0;
}

static long grant(struct kernel_user *user, const struct xdb_user_share *share,
		  grant_ref_t *refs)
{
	struct xdb_lease *lease;
	struct dma_buf *dmabuf;

	dmabuf = dma_buf_get(share->dmabuf_fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	lease = xen_dmabuf_grant(dmabuf, 0, share->domid, share->flags, refs,
				 share->nr_refs);
	dma_buf_put(dmabuf);
	if (IS_ERR(lease))
		return PTR_ERR(lease);
	user->lease = lease;
	/* If this fails, the lease stays with the file and ends with it. */
	if (copy_to_user(u64_to_user_ptr(share->refs), refs,
			 share->nr_refs * sizeof(*refs)))
		return -EFAULT;
	return 0;
}

static long share(struct kernel_user *user, unsigned int cmd, void __user *arg)
{
	struct xdb_user_share share;
	grant_ref_t *refs;
	long ret;

	if (user->lease)
		return -EBUSY;
	if (copy_from_user(&share, arg, sizeof(share)))
		return -EFAULT;
	if (share.nr_refs > XDB_USER_PAGES)
		return -E2BIG;
	refs = kcalloc(XDB_USER_PAGES, sizeof(*refs), GFP_KERNEL);
	if (!refs)
		return -ENOMEM;
	ret = cmd == XDB_USER_IOC_MAP ? map(user, &share, refs)
				      : grant(user, &share, refs);
	kfree(refs);
	return ret;
}

static long copy_page_of(struct kernel_user *user, void __user *arg)
{
	struct xdb_user_page page;
	struct iosys_map vmap;
	void __user *memory;
	void *vaddr;
	long ret;

	if (!user->dmabuf)
		return -ENOENT;
	if (copy_from_user(&page, arg, sizeof(page)))
		return -EFAULT;
	if (page.page >= user->dmabuf->size >> PAGE_SHIFT)
		return -ERANGE;
	memory = u64_to_user_ptr(page.user);
	ret = dma_buf_vmap_unlocked(user->dmabuf, &vmap);
	if (ret)
		return ret;
	vaddr = vmap.vaddr + ((size_t)page.page << PAGE_SHIFT);
	if (page.write)
		ret = copy_from_user(vaddr, memory, PAGE_SIZE) ? -EFAULT : 0;
	else
		ret = copy_to_user(memory, vaddr, PAGE_SIZE) ? -EFAULT : 0;
	dma_buf_vunmap_unlocked(user->dmabuf, &vmap);
	return ret;
}

static void drop(struct kernel_user *user)
{
	if (user->dmabuf)
		dma_buf_put(user->dmabuf);
	user->dmabuf = NULL;
}

static long back(struct kernel_user *user, void __user *arg)
{
	struct xen_dmabuf_backing *backing;
	struct xdb_user_backing req;
	unsigned long highest = 0, pfn, last = 0;
	struct page **pages;
	u32 i;

	if (user->backing)
		return -EBUSY;
	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	backing = xen_dmabuf_backing_alloc(req.nr_pages, req.dma_bits,
					   req.contiguous);
	if (IS_ERR(backing))
		return PTR_ERR(backing);
	user->backing = backing;
	pages = xen_dmabuf_backing_pages(backing);
	req.pieces = 0;
	for (i = 0; i < req.nr_pages; i++) {
		pfn = page_to_pfn(pages[i]);
		req.pieces += !i || pfn != last + 1;
		highest = max(highest, pfn);
		last = pfn;
	}
	req.bits_needed = fls64(PFN_PHYS(highest + 1) - 1);
	return copy_to_user(arg, &req, sizeof(req)) ? -EFAULT : 0;
}

static long unback(struct kernel_user *user)
{
	if (!user->backing)
		return -ENOENT;
	xen_dmabuf_backing_free(user->backing);
	user->backing = NULL;
	return 0;
}

static long watch(struct kernel_user *user, unsigned long arg)
{
	user->put_when_returned = arg == 1;
	return xen_dmabuf_lease_watch(user->lease, on_change, user);
}

static long with_lease(struct kernel_user *user, unsigned int cmd,
		       unsigned long arg)
{
	if (!user->lease)
		return -ENOENT;
	switch (cmd) {
	case XDB_USER_IOC_WATCH:
		return watch(user, arg);
	case XDB_USER_IOC_UNWATCH:
		xen_dmabuf_lease_unwatch(user->lease);
		return 0;
	case XDB_USER_IOC_STATE:
		return xen_dmabuf_lease_state(user->lease);
	case XDB_USER_IOC_REVOKE:
		xen_dmabuf_lease_revoke(user->lease);
		return 0;
	case XDB_USER_IOC_WAIT:
		return xen_dmabuf_lease_wait(
			user->lease,
			msecs_to_jiffies(min(arg, 60UL * MSEC_PER_SEC)));
	case XDB_USER_IOC_DROP:
		drop(user);
		return 0;
	}
	return -ENOTTY;
}

static long user_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct kernel_user *user = file->private_data;
	long ret;

	mutex_lock(&user->lock);
	switch (cmd) {
	case XDB_USER_IOC_MAP:
	case XDB_USER_IOC_GRANT:
		ret = share(user, cmd, (void __user *)arg);
		break;
	case XDB_USER_IOC_PAGE:
		ret = copy_page_of(user, (void __user *)arg);
		break;
	case XDB_USER_IOC_BACK:
		ret = back(user, (void __user *)arg);
		break;
	case XDB_USER_IOC_UNBACK:
		ret = unback(user);
		break;
	case XDB_USER_IOC_SAW:
		ret = atomic_read(&user->saw);
		break;
	default:
		ret = with_lease(user, cmd, arg);
	}
	mutex_unlock(&user->lock);
	return ret;
}

static int user_open(struct inode *inode, struct file *file)
{
	struct kernel_user *user = kzalloc(sizeof(*user), GFP_KERNEL);

	if (!user)
		return -ENOMEM;
	mutex_init(&user->lock);
	file->private_data = user;
	return 0;
}

static int user_release(struct inode *inode, struct file *file)
{
	struct kernel_user *user = file->private_data;

	drop(user);
	unback(user);
	put_lease(user);
	kfree(user);
	return 0;
}

static const struct file_operations user_fops = {
	.owner = THIS_MODULE,
	.open = user_open,
	.release = user_release,
	.unlocked_ioctl = user_ioctl,
};

XDB_DEVICE_MODULE("xdb-user", &user_fops);

MODULE_DESCRIPTION("A kernel user of xen_dmabuf, for tests");
MODULE_LICENSE("GPL");
XDB_IMPORT_DMA_BUF();
