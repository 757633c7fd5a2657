// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "host/windows/reach.h"

void xwl_reach_begin(struct xwl_bridge *b, struct xwl_object *surface)
{
	struct xwl_surface *s = xwl_surface_of(b, surface);

	xwl_surface_detach(s);
	memset(&s->reach, 0, sizeof(s->reach));
	s->reach.surface = surface;
	LIST_INSERT_HEAD(&b->subs, &s->reach, entry);
}

void xwl_reach_move(struct xwl_surface *s, int32_t x, int32_t y)
{
	s->reach.at[XWL_SET] = (struct xwl_place){ x, y };
}

void xwl_reach_commit(struct xwl_bridge *b, struct xwl_object *surface)
{
	struct xwl_surface *s = xwl_surface_of(b, surface);
	struct xwl_reach *r;

	s->reach.size[XWL_COMMITTED] = xwl_surface_size(s);
	LIST_FOREACH(r, &b->subs, entry)
		if (xwl_surface_parent(b, r->surface) == surface)
			r->at[XWL_COMMITTED] = r->at[XWL_SET];
}

struct xwl_object *xwl_reach_root(struct xwl_bridge *b,
				  struct xwl_object *surface)
{
	const struct xwl_surface *s;

	while ((s = surface ? xwl_surface_of(b, surface) : NULL) &&
	       s->reach.surface)
		surface = xwl_surface_parent(b, surface);
	/* one that was destroyed has nothing left */
	return s ? surface : NULL;
}

void xwl_reach_settle(struct xwl_bridge *b, const struct xwl_object *root)
{
	struct xwl_reach *r;

	LIST_FOREACH(r, &b->subs, entry) {
		if (xwl_reach_root(b, r->surface) != root)
			continue;
		r->at[XWL_SHOWN] = r->at[XWL_COMMITTED];
		r->size[XWL_SHOWN] = r->size[XWL_COMMITTED];
	}
}

/* On one axis, from the first to behind the last */
struct span {
	int32_t begin, end;
};

static void widen(struct span *s, int32_t begin, int32_t end)
{
	s->begin = begin < s->begin ? begin : s->begin;
	s->end = end > s->end ? end : s->end;
}

/* Where its corner may be in its parent */
static void look_at_places(const struct xwl_reach *r, struct span *x,
			   struct span *y)
{
	unsigned int i;

	*x = (struct span){ r->at[0].x, r->at[0].x };
	*y = (struct span){ r->at[0].y, r->at[0].y };
	for (i = 1; i < XWL_STAGES; i++) {
		widen(x, r->at[i].x, r->at[i].x);
		widen(y, r->at[i].y, r->at[i].y);
	}
}

/* Where its corner may be in the root */
static void find_corner(struct xwl_bridge *b, struct xwl_reach *r,
			struct span *x, struct span *y)
{
	struct xwl_object *o = r->surface;
	struct span dx, dy;

	*x = *y = (struct span){ 0, 0 };
	for (; o && xwl_surface_of(b, o)->reach.surface;
	     o = xwl_surface_parent(b, o)) {
		look_at_places(&xwl_surface_of(b, o)->reach, &dx, &dy);
		*x = (struct span){ x->begin + dx.begin, x->end + dx.end };
		*y = (struct span){ y->begin + dy.begin, y->end + dy.end };
	}
}

/* The larger one of each */
static struct xwl_size size_of(const struct xwl_reach *r)
{
	const struct xwl_size *a = &r->size[XWL_SHOWN],
			      *c = &r->size[XWL_COMMITTED];

	return (struct xwl_size){ a->width > c->width ? a->width : c->width,
				  a->height > c->height ? a->height
							: c->height };
}

struct xwl_rectangle xwl_reach_box(struct xwl_bridge *b,
				   const struct xwl_object *root)
{
	struct span all_x = { 0, 0 }, all_y = { 0, 0 }, x, y;
	struct xwl_size size;
	struct xwl_reach *r;

	LIST_FOREACH(r, &b->subs, entry) {
		size = size_of(r);
		if (!size.width || xwl_reach_root(b, r->surface) != root)
			continue;
		find_corner(b, r, &x, &y);
		widen(&all_x, x.begin, x.end + size.width);
		widen(&all_y, y.begin, y.end + size.height);
	}
	return (struct xwl_rectangle){ all_x.begin, all_y.begin,
				       all_x.end - all_x.begin,
				       all_y.end - all_y.begin };
}
