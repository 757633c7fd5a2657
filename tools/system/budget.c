// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>

#include "system/budget.h"

#define PARAMETERS "/sys/module/xen_dmabuf/parameters/"
/* References in a frame of the grant table, in the version that Linux uses */
#define REFS_A_FRAME 512U

static uint32_t count_left(uint32_t used, uint32_t limit)
{
	return used < limit ? limit - used : 0;
}

/* What leaves the fewest pages */
struct bound {
	const char *parameter; /* of the driver; NULL: the grant table */
	uint32_t limit, left;
};

/* An old driver has no limit for a user and an open file, and reports 0 */
static void narrow_bound(struct bound *b, const char *parameter, uint32_t used,
			 uint32_t limit)
{
	uint32_t rest = count_left(used, limit);

	if (limit && rest < b->left)
		*b = (struct bound){ parameter, limit, rest };
}

static struct bound find_grant_bound(const struct xen_dmabuf_info *info)
{
	struct bound b = { .left = count_left(info->grants_reserved,
					      info->grants_left) };

	narrow_bound(&b, "max_granted_pages", info->pages_granted,
		     info->pages_granted_limit);
	narrow_bound(&b, "user_granted_pages", info->user_pages_granted,
		     info->user_pages_granted_limit);
	narrow_bound(&b, "file_granted_pages", info->file_pages_granted,
		     info->file_pages_granted_limit);
	/* A quota that nobody has set follows the table */
	if (b.limit >= count_left(info->grants_reserved, info->grants_total))
		b.parameter = NULL;
	return b;
}

static struct bound find_map_bound(const struct xen_dmabuf_info *info)
{
	struct bound b = { "max_mapped_pages", info->pages_mapped_limit,
			   count_left(info->pages_mapped,
				      info->pages_mapped_limit) };

	narrow_bound(&b, "user_mapped_pages", info->user_pages_mapped,
		     info->user_pages_mapped_limit);
	narrow_bound(&b, "file_mapped_pages", info->file_pages_mapped,
		     info->file_pages_mapped_limit);
	return b;
}

uint32_t xt_budget_to_grant(const struct xen_dmabuf_info *info)
{
	return find_grant_bound(info).left;
}

uint32_t xt_budget_to_map(const struct xen_dmabuf_info *info)
{
	return find_map_bound(info).left;
}

uint32_t xt_budget_frames(const struct xen_dmabuf_info *info, uint32_t pages,
			  uint32_t frame)
{
	return info->max_pages < frame ? 0 : pages / frame;
}

static void advise_table(const struct xen_dmabuf_info *info, char *advice,
			 size_t size)
{
	uint32_t frames = info->grants_total / REFS_A_FRAME;

	if (!info->domid)
		snprintf(advice, size,
			 "boot Xen with gnttab_max_frames=%u (now %u)",
			 2 * frames, frames);
	else
		snprintf(
			advice, size,
			"max_grant_frames = %u in this guest's xl.cfg (now %u); Xen before 4.18 must be booted with gnttab_max_frames=%u or more",
			2 * frames, frames, 2 * frames);
}

static void advise_bound(const struct xen_dmabuf_info *info, struct bound b,
			 uint32_t frame, char *advice, size_t size)
{
	/* No frame fits into one call, however many pages are left */
	if (info->max_pages < frame)
		b = (struct bound){ "max_pages", info->max_pages, 0 };
	if (b.parameter)
		snprintf(advice, size, "raise " PARAMETERS "%s (now %u)",
			 b.parameter, b.limit);
	else
		advise_table(info, advice, size);
}

void xt_budget_advise_grant(const struct xen_dmabuf_info *info, uint32_t frame,
			    char *advice, size_t size)
{
	advise_bound(info, find_grant_bound(info), frame, advice, size);
}

void xt_budget_advise_map(const struct xen_dmabuf_info *info, uint32_t frame,
			  char *advice, size_t size)
{
	advise_bound(info, find_map_bound(info), frame, advice, size);
}
