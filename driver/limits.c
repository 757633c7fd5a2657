// SPDX-License-Identifier: GPL-2.0-only
/* Module parameters, and the limits that follow from them. */
#include <linux/kernel.h>
#include <linux/moduleparam.h>

#include <xen/interface/grant_table.h>
#include <xen/page.h>

#include <asm/xen/hypercall.h>

#include "limits.h"

/*
 * By default, Xen gives a domain 1,024 frames of 256 maptrack entries each.  An
 * eighth of them is left to block and network backends.
 */
#define DEFAULT_MAX_MAPPED (1024U * 256U / 8 * 7)

static unsigned int max_pages = XDB_MAX_PAGES;
module_param(max_pages, uint, 0644);
MODULE_PARM_DESC(max_pages, "Maximum pages of one MAP or GRANT (up to 65535)");

static unsigned int limits[XDB_LEVEL_NR][XDB_POOL_NR] = {
	[XDB_ALL][XDB_POOL_MAPPED] = DEFAULT_MAX_MAPPED,
};

module_param_named(max_mapped_pages, limits[XDB_ALL][XDB_POOL_MAPPED], uint,
		   0644);
MODULE_PARM_DESC(max_mapped_pages,
		 "Maximum pages mapped from other domains at a time");
module_param_named(max_granted_pages, limits[XDB_ALL][XDB_POOL_GRANTED], uint,
		   0644);
MODULE_PARM_DESC(
	max_granted_pages,
	"Maximum pages granted to other domains at a time (0: size of the grant table less reserved_grants)");
module_param_named(user_mapped_pages, limits[XDB_USER][XDB_POOL_MAPPED], uint,
		   0644);
MODULE_PARM_DESC(user_mapped_pages,
		 "Maximum pages mapped by one user (0: max_mapped_pages)");
module_param_named(user_granted_pages, limits[XDB_USER][XDB_POOL_GRANTED], uint,
		   0644);
MODULE_PARM_DESC(user_granted_pages,
		 "Maximum pages granted by one user (0: max_granted_pages)");
module_param_named(file_mapped_pages, limits[XDB_FILE][XDB_POOL_MAPPED], uint,
		   0644);
MODULE_PARM_DESC(file_mapped_pages,
		 "Maximum pages mapped by one open file (0: user_mapped_pages)");
module_param_named(file_granted_pages, limits[XDB_FILE][XDB_POOL_GRANTED], uint,
		   0644);
MODULE_PARM_DESC(
	file_granted_pages,
	"Maximum pages granted by one open file (0: user_granted_pages)");

static unsigned int reserved_grants = 1024;
module_param(reserved_grants, uint, 0644);
MODULE_PARM_DESC(
	reserved_grants,
	"Grant references left free for block and network frontends (up to 65535)");

static unsigned int max_free_frames = XDB_MAX_PAGES;
module_param(max_free_frames, uint, 0644);
MODULE_PARM_DESC(
	max_free_frames,
	"Maximum page frames without memory kept for the next MAP (default: 65535)");

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

/* The most references that Xen allows; 0 until Xen was asked */
static unsigned int grants_total;

/**
 * xdb_grant_table_size - ask Xen for the size of this domain's grant table
 * @total: references that it can hold at the largest size that Xen allows; 0 if
 *	Xen does not answer
 * @growth: references by which it can still grow
 */
void xdb_grant_table_size(unsigned int *total, unsigned int *growth)
{
	struct gnttab_query_size query = { .dom = DOMID_SELF };
	unsigned int per_frame = grants_per_frame();
	int ret;

	*total = 0;
	*growth = 0;
	ret = HYPERVISOR_grant_table_op(GNTTABOP_query_size, &query, 1);
	if (ret || query.status != GNTST_okay ||
	    query.nr_frames > query.max_nr_frames)
		return;
	*total = query.max_nr_frames * per_frame;
	WRITE_ONCE(grants_total, *total);
	*growth = (query.max_nr_frames - query.nr_frames) * per_frame;
}

/* Ask Xen again: this domain was restored, perhaps on another machine. */
void xdb_limits_forget(void)
{
	WRITE_ONCE(grants_total, 0);
}

/* Number of references that have to stay free after a GRANT. */
unsigned int xdb_grants_reserved(void)
{
	return min(READ_ONCE(reserved_grants), XDB_MAX_PAGES);
}

/* Number of page frames that may be kept while nothing is mapped into them. */
unsigned int xdb_free_frames_limit(void)
{
	return READ_ONCE(max_free_frames);
}

/* The limit of the whole domain. */
static unsigned int get_domain_limit(enum xdb_pool pool)
{
	unsigned int limit = READ_ONCE(limits[XDB_ALL][pool]);
	unsigned int growth, total;

	if (!limit && pool == XDB_POOL_GRANTED) {
		/* Xen does not change the size while the domain runs. */
		total = READ_ONCE(grants_total);
		if (!total)
			xdb_grant_table_size(&total, &growth);
		limit = total - min(total, xdb_grants_reserved());
	}
	return min_t(unsigned int, limit, INT_MAX);
}

/* The limits of the whole domain, of one user and of one file. */
void xdb_limits(enum xdb_pool pool, unsigned int limit[XDB_LEVEL_NR])
{
	unsigned int own;
	int level;

	limit[XDB_ALL] = get_domain_limit(pool);
	for (level = XDB_ALL + 1; level < XDB_LEVEL_NR; level++) {
		own = READ_ONCE(limits[level][pool]);
		limit[level] = min(own ?: UINT_MAX, limit[level - 1]);
	}
}

/* The limit of one level. */
unsigned int xdb_limit(enum xdb_level level, enum xdb_pool pool)
{
	unsigned int limit[XDB_LEVEL_NR];

	xdb_limits(pool, limit);
	return limit[level];
}
