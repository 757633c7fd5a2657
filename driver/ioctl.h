/* SPDX-License-Identifier: GPL-2.0-only */
/* What all ioctls have in common: struct sizes, copies, new descriptors. */
#ifndef XDB_IOCTL_H
#define XDB_IOCTL_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct file;

/**
 * struct xdb_fds - new files that an ioctl returns
 * @nr: how many
 * @fd: their reserved descriptors
 * @file: installed once user space has been told the descriptors
 */
struct xdb_fds {
	unsigned int nr;
	int fd[2];
	struct file *file[2];
};

/**
 * struct xdb_ioctl - one row of an ioctl table
 * @cmd: the ioctl's number
 * @first_size: size of its struct's first version
 * @size: size of its struct's current version
 * @out_on_error: copy the struct back to user space after an error, too
 * @fn: gets the caller's context, the struct, and where to add new files
 */
struct xdb_ioctl {
	unsigned int cmd;
	u32 first_size;
	u32 size;
	bool out_on_error;
	long (*fn)(void *context, void *arg, struct xdb_fds *fds);
};

int xdb_fds_add(struct xdb_fds *fds, struct file *file);
long xdb_ioctl_dispatch(const struct xdb_ioctl *table, size_t nr, void *context,
			unsigned int cmd, void __user *arg);

#endif
