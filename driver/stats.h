/* SPDX-License-Identifier: GPL-2.0-only */
/* Event counters since the module was loaded, shown in debugfs. */
#ifndef XDB_STATS_H
#define XDB_STATS_H

#include <linux/types.h>

enum xdb_stat {
	XDB_STAT_HYPERCALLS,
	XDB_STAT_MAPS,
	XDB_STAT_GRANTS,
	XDB_STAT_BOUNCES_REFUSED,
	XDB_STAT_PAGES_LEAKED,
	XDB_STAT_RECLAIM_PASSES,
	XDB_STAT_NR,
};

extern const char *const xdb_stat_names[XDB_STAT_NR];
u64 xdb_stat_read(enum xdb_stat stat);
void xdb_stat_add(enum xdb_stat stat, unsigned int n);

#endif
