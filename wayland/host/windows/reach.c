// SPDX-License-Identifier: GPL-2.0-only
#include "common/container_of.h"
#include "host/bridge/forward.h"
#include "host/bridge/own.h"
#include "host/windows/reach.h"

static void widen_span(struct xwl_span *s, int32_t begin, int32_t end)
{
	s->begin = begin < s->begin ? begin : s->begin;
	s->end = end > s->end ? end : s->end;
}

static int begin_subsurface(void *bridge, struct xwl_object *o,
			    struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *surface = xwl_objects_find(&b->guest, m->args[1].u);
	struct xwl_surface *s = xwl_surface_of(b, surface);
	struct xwl_reach *r = &s->reach;

	/* not all compositors refuse what is one to them already: a frame makes it so */
	if (s->frame || r->surface)
		return xwl_bridge_refuse(b, "the surface already has a role");
	r->alone = r->desync = false;
	r->role = m->args[0].u;
	r->account = b->account;
	/* what it has committed before is shown as soon as its parent commits */
	r->set = (struct xwl_place){ 0, 0 };
	r->moved = b->commits;
	r->x = r->y = (struct xwl_span){ 0, 0 };
	r->surface = surface;
	LIST_INSERT_HEAD(&b->subs, r, entry);
	return XWL_PASS;
}

static int move_subsurface(void *bridge, struct xwl_object *o,
			   struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);

	if (!s)
		return XWL_PASS;
	s->reach.set = (struct xwl_place){ m->args[0].i, m->args[1].i };
	s->reach.moved = b->commits;
	return XWL_PASS;
}

static int end_subsurface(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	struct xwl_surface *s = xwl_surface_of(bridge, o);

	if (s)
		xwl_surface_detach(s);
	return XWL_PASS;
}

static void commit_size(struct xwl_reach *r, struct xwl_size size)
{
	struct xwl_size *l = &r->largest;

	r->size = size;
	if (!r->surface)
		*l = size;
	l->width = size.width > l->width ? size.width : l->width;
	l->height = size.height > l->height ? size.height : l->height;
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

static bool is_part_of(struct xwl_bridge *b, const struct xwl_object *surface,
		       const struct xwl_object *whole)
{
	const struct xwl_surface *s;

	while (surface != whole && (s = xwl_surface_of(b, surface)) &&
	       s->reach.surface)
		surface = xwl_surface_parent(b, surface);
	return surface == whole;
}

static struct xwl_reach *reach_of(struct xwl_bridge *b,
				  const struct xwl_object *surface)
{
	struct xwl_surface *s = xwl_surface_of(b, surface);

	return s ? &s->reach : NULL;
}

static struct xwl_reach *reach_above(struct xwl_bridge *b,
				     const struct xwl_reach *r)
{
	return reach_of(b, xwl_surface_parent(b, r->surface));
}

/* What it commits is to be shown at once, without waiting for a commit of any above it */
static bool is_alone(struct xwl_bridge *b, const struct xwl_reach *r)
{
	for (; r && r->surface; r = reach_above(b, r))
		if (!r->alone)
			return false;
	return true;
}

/* Each surface above it has committed since the one below, so that nothing waits */
static bool is_shown(struct xwl_bridge *b, const struct xwl_object *surface)
{
	const struct xwl_reach *r = reach_of(b, surface), *above;

	for (; r->surface; r = above) {
		above = reach_above(b, r);
		if (!above || r->commit == UINT64_MAX)
			return false;
		if (r->desync && is_alone(b, r))
			return true;
		if (r->commit > above->commit)
			return false;
	}
	return true;
}

static void settle_content(struct xwl_bridge *b, struct xwl_reach *r)
{
	struct xwl_surface *s = container_of(r, struct xwl_surface, reach);

	if (!r->surface || is_shown(b, r->surface))
		xwl_contents_settle(&s->contents);
}

/*
 * What of the surface waits is shown, and with it what waits below.  Wlroots keeps each
 * commit by itself until then, and shows those below one that has none itself with no
 * commit above it.  The tree is no deeper than max-subsurface-depth.
 */
static void show_waiting(struct xwl_bridge *b, const struct xwl_object *surface)
{
	struct xwl_reach *shown = reach_of(b, surface), *r;

	xwl_account_refund(b->account, XWL_CALLBACKS, shown->waiting);
	shown->waiting = 0;
	LIST_FOREACH(r, &b->subs, entry)
		if (r->waiting && xwl_surface_parent(b, r->surface) == surface)
			show_waiting(b, r->surface);
}

static int charge_waiting(struct xwl_bridge *b, struct xwl_reach *r)
{
	int err = xwl_account_charge(b->account, XWL_CALLBACKS, 1, &b->why);

	if (!err)
		r->waiting++;
	return err;
}

/*
 * The compositor is told how sub-surfaces behave, and not how they are set.  Below one that
 * waits, all wait; but wlroots never shows what one commits there that is set not to.
 */
static int tell_mode(struct xwl_bridge *b, struct xwl_reach *r, bool desync)
{
	const struct xwl_object *role = xwl_objects_find(&b->guest, r->role);

	r->desync = desync;
	return xwl_own_send(b, xwl_bridge_peer(b, role),
			    desync ? "set_desync" : "set_sync", 0, 0);
}

/* The highest of it and those above it that the compositor has wait; NULL: none */
static struct xwl_reach *find_waiting(struct xwl_bridge *b, struct xwl_reach *r)
{
	struct xwl_reach *highest = NULL;

	for (; r && r->surface; r = reach_above(b, r))
		if (!r->desync)
			highest = r;
	return highest;
}

/* From the top: what one has left waiting is shown if those above it do not wait */
static int tell_desync(struct xwl_bridge *b, struct xwl_reach *r)
{
	struct xwl_reach *next;
	int err = 0;

	while (!err && (next = find_waiting(b, r))) {
		err = tell_mode(b, next, true);
		/*
		 * What it has committed and what waits is shown at once by some
		 * compositors, with its next commit by others
		 */
		next->commit = UINT64_MAX;
		if (next->waiting)
			show_waiting(b, next->surface);
	}
	return err;
}

/* Those below one that waits now are told when they commit: a guest may switch often */
static int settle_mode(struct xwl_bridge *b, struct xwl_reach *r)
{
	if (!r->surface)
		return 0;
	if (is_alone(b, r))
		return tell_desync(b, r);
	return r->desync ? tell_mode(b, r, false) : 0;
}

/* Its size, what it shows, and the places of all below it */
static int commit(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);
	struct xwl_reach *r;
	int err = settle_mode(b, &s->reach);

	if (!err && s->reach.surface && !s->reach.desync)
		err = charge_waiting(b, &s->reach);
	else if (!err)
		show_waiting(b, o);
	if (err)
		return err;
	s->reach.commit = ++b->commits;
	s->reach.nr_commits++;
	commit_size(&s->reach, xwl_surface_size(s));
	xwl_contents_commit(&s->contents);
	settle_content(b, &s->reach);
	/* Weston shows all places below a surface with its commit, not its children's alone */
	LIST_FOREACH(r, &b->subs, entry) {
		if (r == &s->reach || !is_part_of(b, r->surface, o))
			continue;
		widen_span(&r->x, r->set.x, r->set.x);
		widen_span(&r->y, r->set.y, r->set.y);
		settle_content(b, r);
	}
	return XWL_PASS;
}

/* It comes with the next commit */
static int ask_frame(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *callback;
	int err = xwl_forward(b, o, m, &callback);

	if (err)
		return err;
	xwl_surface_adopt(o, callback);
	callback->count = xwl_surface_of(b, o)->reach.nr_commits;
	return XWL_DONE;
}

/*
 * Weston shows what waits below one that has no commit itself with one further up.  It
 * calls the frame callback then, which proves that what came with it is shown.
 */
int xwl_reach_called(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	const struct xwl_object *callback =
		xwl_objects_known(&b->guest, o->peer);
	struct xwl_surface *s =
		xwl_surface_of(b, xwl_surface_parent(b, callback));
	uint32_t later;

	if (!s)
		return XWL_PASS;
	later = s->reach.nr_commits - (callback->count + 1);
	if (later < s->reach.waiting) {
		xwl_account_refund(b->account, XWL_CALLBACKS,
				   s->reach.waiting - later);
		s->reach.waiting = later;
	}
	/* no content from before the last commit is shown any more */
	if (!later)
		xwl_contents_settle(&s->contents);
	return XWL_PASS;
}

static int set_desync(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);
	struct xwl_reach *r;
	int err = 0;

	if (!s || !s->reach.surface)
		return XWL_PASS;
	s->reach.alone = true;
	LIST_FOREACH(r, &b->subs, entry)
		if (!err && is_part_of(b, r->surface, s->reach.surface) &&
		    is_alone(b, r))
			err = tell_desync(b, r);
	return err ? err : XWL_DONE;
}

static int set_sync(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_surface *s = xwl_surface_of(b, o);
	int err;

	if (!s || !s->reach.surface)
		return XWL_PASS;
	s->reach.alone = false;
	err = settle_mode(b, &s->reach);
	return err ? err : XWL_DONE;
}

/* All surfaces above it have committed since it was moved, the lowest ones first */
static bool is_in_place(struct xwl_bridge *b, const struct xwl_reach *r)
{
	const struct xwl_object *parent = xwl_surface_parent(b, r->surface);

	return r->moved < xwl_surface_of(b, parent)->reach.commit &&
	       is_shown(b, parent);
}

void xwl_reach_settle(struct xwl_bridge *b, const struct xwl_object *root)
{
	struct xwl_reach *r;

	LIST_FOREACH(r, &b->subs, entry) {
		if (xwl_reach_root(b, r->surface) != root)
			continue;
		if (is_in_place(b, r)) {
			r->x = (struct xwl_span){ r->set.x, r->set.x };
			r->y = (struct xwl_span){ r->set.y, r->set.y };
		}
		if (is_shown(b, r->surface))
			r->largest = r->size;
	}
}

/* Where its corner may be in the root */
static void find_corner(struct xwl_bridge *b, const struct xwl_reach *r,
			struct xwl_span *x, struct xwl_span *y)
{
	struct xwl_span dx, dy;

	*x = *y = (struct xwl_span){ 0, 0 };
	for (; r->surface;
	     r = &xwl_surface_of(b, xwl_surface_parent(b, r->surface))->reach) {
		dx = r->x;
		dy = r->y;
		widen_span(&dx, r->set.x, r->set.x);
		widen_span(&dy, r->set.y, r->set.y);
		*x = (struct xwl_span){ x->begin + dx.begin, x->end + dx.end };
		*y = (struct xwl_span){ y->begin + dy.begin, y->end + dy.end };
	}
}

struct xwl_rectangle xwl_reach_box(struct xwl_bridge *b,
				   const struct xwl_object *root)
{
	struct xwl_span all_x = { 0, 0 }, all_y = { 0, 0 }, x, y;
	const struct xwl_reach *r;

	LIST_FOREACH(r, &b->subs, entry) {
		if (!r->largest.width || xwl_reach_root(b, r->surface) != root)
			continue;
		find_corner(b, r, &x, &y);
		widen_span(&all_x, x.begin, x.end + r->largest.width);
		widen_span(&all_y, y.begin, y.end + r->largest.height);
	}
	return (struct xwl_rectangle){ all_x.begin, all_y.begin,
				       all_x.end - all_x.begin,
				       all_y.end - all_y.begin };
}

const struct xwl_handler xwl_reach_requests[] = {
	{ "wl_surface", "commit", commit },
	{ "wl_surface", "frame", ask_frame },
	{ "wl_subcompositor", "get_subsurface", begin_subsurface },
	{ "wl_subsurface", "set_position", move_subsurface },
	{ "wl_subsurface", "set_sync", set_sync },
	{ "wl_subsurface", "set_desync", set_desync },
	{ "wl_subsurface", "destroy", end_subsurface },
	{ NULL, NULL, NULL },
};
