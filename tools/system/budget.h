/* SPDX-License-Identifier: GPL-2.0-only */
/* How many more frames can be shared, and what to raise for more */
#ifndef XT_BUDGET_H
#define XT_BUDGET_H

#include <stddef.h>
#include <xendmabuf.h>

/* Pages of a frame with 4 bytes a pixel */
#define XT_BUDGET_4K 8100U /* 3840 x 2160 */
#define XT_BUDGET_HD 2025U /* 1920 x 1080 */

/** xt_budget_to_grant - pages that this open file can still grant to others */
uint32_t xt_budget_to_grant(const struct xen_dmabuf_info *info);
/** xt_budget_to_map - pages that this open file can still map from others */
uint32_t xt_budget_to_map(const struct xen_dmabuf_info *info);
/** xt_budget_frames - whole frames of @frame pages in @pages; none that is too large */
uint32_t xt_budget_frames(const struct xen_dmabuf_info *info, uint32_t pages,
			  uint32_t frame);
/** xt_budget_advise_grant - what to raise, so that a frame more can be granted */
void xt_budget_advise_grant(const struct xen_dmabuf_info *info, uint32_t frame,
			    char *advice, size_t size);
/** xt_budget_advise_map - what to raise, so that a frame more can be mapped */
void xt_budget_advise_map(const struct xen_dmabuf_info *info, uint32_t frame,
			  char *advice, size_t size);

#endif
