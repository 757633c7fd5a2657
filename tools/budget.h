/* SPDX-License-Identifier: GPL-2.0-only */
/* "Will four 4K frames fit?" */
#ifndef XD_BUDGET_H
#define XD_BUDGET_H

#include <xendmabuf.h>

/* 3840 x 2160, 4 bytes a pixel */
#define BUDGET_FRAME_PAGES 8100U

static inline uint32_t budget_left(uint32_t used, uint32_t limit)
{
	return used < limit ? limit - used : 0;
}

/* whole 4K frames that can still be granted to others */
static inline uint32_t budget_to_grant(const struct xen_dmabuf_info *info)
{
	uint32_t left =
		budget_left(info->pages_granted, info->pages_granted_limit);

	if (info->max_pages < BUDGET_FRAME_PAGES)
		return 0;
	return (left < info->grants_left ? left : info->grants_left) /
	       BUDGET_FRAME_PAGES;
}

/* whole 4K frames that can still be mapped from others */
static inline uint32_t budget_to_map(const struct xen_dmabuf_info *info)
{
	if (info->max_pages < BUDGET_FRAME_PAGES)
		return 0;
	return budget_left(info->pages_mapped, info->pages_mapped_limit) /
	       BUDGET_FRAME_PAGES;
}

#endif
