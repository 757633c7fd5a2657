/* SPDX-License-Identifier: GPL-2.0-only */
/* The file of a lease, which user space polls, queries and revokes. */
#ifndef XDB_LEASE_FILE_H
#define XDB_LEASE_FILE_H

struct file;
struct xdb_fds;
struct xdb_lease;

struct file *xdb_lease_file(struct xdb_lease *lease);
long xdb_ioctl_lease_open(void *context, void *arg, struct xdb_fds *fds);

#endif
