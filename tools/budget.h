/* SPDX-License-Identifier: GPL-2.0-only */
/* How many more 4K frames can be shared */
#ifndef XT_BUDGET_H
#define XT_BUDGET_H

#include <xendmabuf.h>

/* 3840 x 2160, 4 bytes a pixel */
#define XT_BUDGET_FRAME_PAGES 8100U

static inline uint32_t xt_budget_left(uint32_t used, uint32_t limit)
{
	return used < limit ? limit - used : 0;
}

/* what is left; an old driver has no limit for a user, and reports 0 */
static inline uint32_t xt_budget_least(uint32_t used, uint32_t limit,
				       uint32_t user_used, uint32_t user_limit)
{
	uint32_t all = xt_budget_left(used, limit);
	uint32_t mine = xt_budget_left(user_used, user_limit);

	return user_limit && mine < all ? mine : all;
}

/* whole 4K frames that can still be granted to others */
static inline uint32_t xt_budget_to_grant(const struct xen_dmabuf_info *info)
{
	uint32_t left = xt_budget_least(info->pages_granted,
					info->pages_granted_limit,
					info->user_pages_granted,
					info->user_pages_granted_limit);
	uint32_t table =
		xt_budget_left(info->grants_reserved, info->grants_left);

	if (info->max_pages < XT_BUDGET_FRAME_PAGES)
		return 0;
	return (left < table ? left : table) / XT_BUDGET_FRAME_PAGES;
}

/* whole 4K frames that can still be mapped from others */
static inline uint32_t xt_budget_to_map(const struct xen_dmabuf_info *info)
{
	if (info->max_pages < XT_BUDGET_FRAME_PAGES)
		return 0;
	return xt_budget_least(info->pages_mapped, info->pages_mapped_limit,
			       info->user_pages_mapped,
			       info->user_pages_mapped_limit) /
	       XT_BUDGET_FRAME_PAGES;
}

#endif
