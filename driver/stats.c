// SPDX-License-Identifier: GPL-2.0-only
/* Event counters since the module was loaded. */
#include <linux/atomic.h>

#include "stats.h"

const char *const xdb_stat_names[XDB_STAT_NR] = {
	[XDB_STAT_HYPERCALLS] = "hypercalls",
	[XDB_STAT_MAPS] = "maps",
	[XDB_STAT_GRANTS] = "grants",
	[XDB_STAT_BOUNCES_REFUSED] = "bounces_refused",
	[XDB_STAT_PAGES_LEAKED] = "pages_leaked",
	[XDB_STAT_RECLAIM_PASSES] = "reclaim_passes",
};

static atomic64_t stats[XDB_STAT_NR];

u64 xdb_stat_read(enum xdb_stat stat)
{
	return atomic64_read(&stats[stat]);
}

void xdb_stat_add(enum xdb_stat stat, unsigned int n)
{
	atomic64_add(n, &stats[stat]);
}
