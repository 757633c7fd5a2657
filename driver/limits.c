// SPDX-License-Identifier: GPL-2.0-only
/* Module parameters, what is charged against them, and statistics. */
#include <linux/moduleparam.h>

#include <asm/xen/hypercall.h>

#include "xen_dmabuf.h"

/*
 * Xen gives a domain 1,024 frames of maptrack entries by default, 256 entries
 * each.  The rest is for block and network backends.
 */
#define DEFAULT_MAX_MAPPED (1024U * 256U / 8 * 7)

/* References left to block and network frontends when nobody set a limit. */
#define GRANT_RESERVE 1024U

static unsigned int max_pages = XDB_MAX_PAGES;
module_param(max_pages, uint, 0644);
MODULE_PARM_DESC(max_pages, "Most pages of one MAP or GRANT (at most 65535)");

static unsigned int max_mapped_pages = DEFAULT_MAX_MAPPED;
module_param(max_mapped_pages, uint, 0644);
MODULE_PARM_DESC(max_mapped_pages,
		 "Most pages mapped from other domains at a time");

static unsigned int max_granted_pages;
module_param(max_granted_pages, uint, 0644);
MODULE_PARM_DESC(
	max_granted_pages,
	"Most pages granted to other domains at a time (0: what the grant table holds, less 1024)");

const char *const xdb_stat_names[XDB_STAT_NR] = {
	[XDB_STAT_HYPERCALLS] = "hypercalls",
	[XDB_STAT_MAPS] = "maps",
	[XDB_STAT_GRANTS] = "grants",
	[XDB_STAT_BOUNCES_REFUSED] = "bounces_refused",
	[XDB_STAT_PAGES_LEAKED] = "pages_leaked",
};

static atomic64_t stats[XDB_STAT_NR];
static atomic_t used[XDB_POOL_NR];
static atomic_t granted_peak;

u64 xdb_stat_read(enum xdb_stat stat)
{
	return atomic64_read(&stats[stat]);
}

void xdb_stat_add(enum xdb_stat stat, unsigned int n)
{
	atomic64_add(n, &stats[stat]);
}

unsigned int xdb_max_pages(void)
{
	return min(READ_ONCE(max_pages), XDB_MAX_PAGES);
}

static unsigned int grants_per_frame(void)
{
	struct gnttab_get_version version = { .dom = DOMID_SELF };

	if (!HYPERVISOR_grant_table_op(GNTTABOP_get_version, &version, 1) &&
	    version.version == 2)
		return XEN_PAGE_SIZE / sizeof(union grant_entry_v2);
	return XEN_PAGE_SIZE / sizeof(struct grant_entry_v1);
}

/**
 * xdb_grant_budget - how many references there can be, and how many are left
 * @total: when the table has grown to what Xen allows
 * @left: an estimate
 *
 * The kernel does not tell modules how many of the table's entries are free.
 * What is known: the frames that the table can still grow by, and the entries
 * that sharing itself once made it grow by and has given back since.
 */
void xdb_grant_budget(unsigned int *total, unsigned int *left)
{
	struct gnttab_query_size query = { .dom = DOMID_SELF };
	unsigned int per_frame = grants_per_frame();
	int ret, given_back;

	*total = 0;
	*left = 0;
	ret = HYPERVISOR_grant_table_op(GNTTABOP_query_size, &query, 1);
	if (ret || query.status != GNTST_okay ||
	    query.nr_frames > query.max_nr_frames)
		return;
	*total = query.max_nr_frames * per_frame;
	given_back = atomic_read(&granted_peak) -
		     atomic_read(&used[XDB_POOL_GRANTED]);
	*left = min((query.max_nr_frames - query.nr_frames) * per_frame +
			    max(given_back, 0),
		    *total);
}

unsigned int xdb_pool_used(enum xdb_pool pool)
{
	return atomic_read(&used[pool]);
}

unsigned int xdb_pool_limit(enum xdb_pool pool)
{
	unsigned int limit, total, left;

	if (pool == XDB_POOL_MAPPED)
		return min_t(unsigned int, READ_ONCE(max_mapped_pages),
			     INT_MAX);
	limit = READ_ONCE(max_granted_pages);
	if (!limit) {
		xdb_grant_budget(&total, &left);
		limit = total > GRANT_RESERVE ? total - GRANT_RESERVE : 0;
	}
	return min_t(unsigned int, limit, INT_MAX);
}

/* Returns 0 or -EDQUOT. */
int xdb_charge(enum xdb_pool pool, unsigned int nr_pages)
{
	unsigned int limit = xdb_pool_limit(pool);
	int old = atomic_read(&used[pool]);
	int peak;

	do {
		if (nr_pages > limit || old > limit - nr_pages)
			return -EDQUOT;
	} while (!atomic_try_cmpxchg(&used[pool], &old, old + nr_pages));

	if (pool == XDB_POOL_GRANTED) {
		peak = atomic_read(&granted_peak);
		while (peak < old + (int)nr_pages &&
		       !atomic_try_cmpxchg(&granted_peak, &peak,
					   old + nr_pages))
			;
	}
	return 0;
}

void xdb_uncharge(enum xdb_pool pool, unsigned int nr_pages)
{
	atomic_sub(nr_pages, &used[pool]);
}
