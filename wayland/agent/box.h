/* SPDX-License-Identifier: GPL-2.0-only */
/* A rectangle of pixels; empty if x1 == x2 or y1 == y2. */
#ifndef XWL_AGENT_BOX_H
#define XWL_AGENT_BOX_H

#include <stdbool.h>
#include <stdint.h>

struct xwl_box {
	int32_t x1, y1, x2, y2;
};

static inline bool xwl_box_empty(const struct xwl_box *b)
{
	return b->x1 >= b->x2 || b->y1 >= b->y2;
}

/** xwl_box_join - the smallest box around both */
static inline void xwl_box_join(struct xwl_box *a, const struct xwl_box *b)
{
	if (xwl_box_empty(b))
		return;
	if (xwl_box_empty(a)) {
		*a = *b;
		return;
	}
	a->x1 = a->x1 < b->x1 ? a->x1 : b->x1;
	a->y1 = a->y1 < b->y1 ? a->y1 : b->y1;
	a->x2 = a->x2 > b->x2 ? a->x2 : b->x2;
	a->y2 = a->y2 > b->y2 ? a->y2 : b->y2;
}

/** xwl_box_cut - what of it is in an image of @width x @height */
static inline void xwl_box_cut(struct xwl_box *b, int32_t width, int32_t height)
{
	b->x1 = b->x1 > 0 ? b->x1 : 0;
	b->y1 = b->y1 > 0 ? b->y1 : 0;
	b->x2 = b->x2 < width ? b->x2 : width;
	b->y2 = b->y2 < height ? b->y2 : height;
}

/** xwl_box_at - from a place and a size, of any value */
static inline struct xwl_box xwl_box_at(int32_t x, int32_t y, int32_t width,
					int32_t height)
{
	int64_t x2 = (int64_t)x + (width > 0 ? width : 0);
	int64_t y2 = (int64_t)y + (height > 0 ? height : 0);
	struct xwl_box b = { x, y, x2 < INT32_MAX ? (int32_t)x2 : INT32_MAX,
			     y2 < INT32_MAX ? (int32_t)y2 : INT32_MAX };

	return b;
}

#endif
