/* SPDX-License-Identifier: GPL-2.0-only */
/* The files in /sys/kernel/debug/xen_dmabuf. */
#ifndef XDB_DEBUGFS_H
#define XDB_DEBUGFS_H

#ifdef CONFIG_DEBUG_FS
void xdb_debugfs_init(void);
void xdb_debugfs_exit(void);
#else
static inline void xdb_debugfs_init(void)
{
}

static inline void xdb_debugfs_exit(void)
{
}
#endif

#endif
