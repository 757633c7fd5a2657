/* SPDX-License-Identifier: GPL-2.0-only */
/* An open device: its account, what it may do, and with which domain. */
#ifndef XDB_FILE_H
#define XDB_FILE_H

#include <linux/types.h>

struct xdb_account;
struct xdb_file;

struct xdb_file *xdb_file_new(u32 may);
void xdb_file_free(struct xdb_file *file);
int xdb_file_may(struct xdb_file *file, u32 what, u32 domid);
int xdb_file_restrict(struct xdb_file *file, u32 may, u32 domid);
bool xdb_file_unrestricted(struct xdb_file *file);
void xdb_file_get_limits(struct xdb_file *file, u32 *may, u32 *domid);
unsigned int xdb_files_restricted(void);
void xdb_files_forget_peers(void);
struct xdb_account *xdb_file_account(struct xdb_file *file);

#endif
