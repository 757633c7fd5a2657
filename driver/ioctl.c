// SPDX-License-Identifier: GPL-2.0-only
/* What all ioctls have in common: struct sizes, copies, new descriptors. */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include <xen/dmabuf.h>

#include "ioctl.h"

/* Room for the struct of any ioctl. */
union xdb_any_arg {
	struct xen_dmabuf_info info;
	struct xen_dmabuf_restrict restrict_to;
	struct xen_dmabuf_map map;
	struct xen_dmabuf_grant grant;
	struct xen_dmabuf_lease_open lease_open;
	struct xen_dmabuf_lease_info lease_info;
	struct xen_dmabuf_lease_revoke lease_revoke;
	struct xen_dmabuf_lease_dmabuf lease_dmabuf;
};

/**
 * xdb_fds_add - reserve a file descriptor for a new file
 * @fds: keeps both until user space has been told the descriptor
 * @file: the caller's reference is taken over, also on failure; may be an
 *	ERR_PTR
 *
 * Return: the descriptor or a negative error.
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

static void finish_fds(struct xdb_fds *fds, bool install)
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

/**
 * xdb_ioctl_dispatch - run an ioctl of the device or of a lease
 * @table: the ioctls of that kind of file
 * @nr: number of rows of @table
 * @context: passed on to the ioctl's function
 * @cmd: the ioctl's number
 * @arg: the struct in user space
 *
 * New files are installed only when the struct with their descriptors has been
 * copied to user space.
 *
 * Return: 0 or a negative error.
 */
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
	finish_fds(&fds, !ret);
	return ret;
}
