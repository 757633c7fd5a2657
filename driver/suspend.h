/* SPDX-License-Identifier: GPL-2.0-only */
/* Vetoes suspend and migration of this domain while it shares memory. */
#ifndef XDB_SUSPEND_H
#define XDB_SUSPEND_H

int xdb_suspend_init(void);
void xdb_suspend_exit(void);

#endif
