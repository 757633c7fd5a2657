// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>

#include "system/budget.h"

#define PARAMETERS "/sys/module/xen_dmabuf/parameters/"
/* References in a frame of the grant table, in the version that Linux uses */
#define REFS_A_FRAME 512U

static uint32_t left(uint32_t used, uint32_t limit)
{
	return used < limit ? limit - used : 0;
}

/* An old driver has no limit for a user, and reports 0 */
static uint32_t least(uint32_t used, uint32_t limit, uint32_t user_used,
		      uint32_t user_limit)
{
	uint32_t all = left(used, limit), mine = left(user_used, user_limit);

	return user_limit && mine < all ? mine : all;
}

static uint32_t quota_to_grant(const struct xen_dmabuf_info *info)
{
	return least(info->pages_granted, info->pages_granted_limit,
		     info->user_pages_granted, info->user_pages_granted_limit);
}

static uint32_t table_left(const struct xen_dmabuf_info *info)
{
	return left(info->grants_reserved, info->grants_left);
}

uint32_t xt_budget_to_grant(const struct xen_dmabuf_info *info)
{
	uint32_t quota = quota_to_grant(info), table = table_left(info);

	return quota < table ? quota : table;
}

uint32_t xt_budget_to_map(const struct xen_dmabuf_info *info)
{
	return least(info->pages_mapped, info->pages_mapped_limit,
		     info->user_pages_mapped, info->user_pages_mapped_limit);
}

uint32_t xt_budget_frames(const struct xen_dmabuf_info *info, uint32_t pages,
			  uint32_t frame)
{
	return info->max_pages < frame ? 0 : pages / frame;
}

/* A quota that somebody has set; the default one follows the table */
static bool quota_binds(const struct xen_dmabuf_info *info, const char **name,
			uint32_t *limit)
{
	bool user = info->user_pages_granted_limit &&
		    info->user_pages_granted_limit < info->pages_granted_limit;

	*name = user ? "user_granted_pages" : "max_granted_pages";
	*limit = user ? info->user_pages_granted_limit
		      : info->pages_granted_limit;
	return quota_to_grant(info) < table_left(info) &&
	       *limit < left(info->grants_reserved, info->grants_total);
}

void xt_budget_advise_grant(const struct xen_dmabuf_info *info, char *advice,
			    size_t size)
{
	uint32_t limit, frames = info->grants_total / REFS_A_FRAME;
	const char *name;

	if (quota_binds(info, &name, &limit))
		snprintf(advice, size, "raise " PARAMETERS "%s (now %u)", name,
			 limit);
	else if (!info->domid)
		snprintf(advice, size,
			 "boot Xen with gnttab_max_frames=%u (now %u)",
			 2 * frames, frames);
	else
		snprintf(
			advice, size,
			"max_grant_frames = %u in this guest's xl.cfg (now %u); Xen must be booted with gnttab_max_frames=%u or more",
			2 * frames, frames, 2 * frames);
}
