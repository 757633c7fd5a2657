/* SPDX-License-Identifier: GPL-2.0-only */
/* Surfaces of a guest: what they show, and how it came here. */
#ifndef XWL_HOST_WINDOWS_SURFACES_H
#define XWL_HOST_WINDOWS_SURFACES_H

#include "host/bridge/bridge.h"
#include "host/windows/content.h"
#include "wire/handler.h"

struct xwl_size {
	int32_t width, height;
};

struct xwl_rectangle {
	int32_t x, y, width, height;
};

struct xwl_place {
	int32_t x, y;
};

/* On one axis, from the first to behind the last */
struct xwl_span {
	int32_t begin, end;
};

/* Of a sub-surface (reach.h) */
struct xwl_reach {
	LIST_ENTRY(xwl_reach) entry; /* in the bridge's subs */
	struct xwl_object *surface; /* the guest's; NULL: it is no sub-surface */
	uint32_t role; /* the guest's wl_subsurface */
	struct xwl_place set; /* in its parent, as it was set last */
	uint64_t moved; /* the number of the last commit before that */
	struct xwl_span x, y; /* of places that may be shown */
	struct xwl_size size; /* committed */
	struct xwl_size largest; /* that may be shown; 0: it shows nothing */
	struct xwl_account *account;
	uint32_t nr_commits;
	uint32_t waiting; /* the last ones, charged for until they are shown */
	uint64_t commit; /* its last one's number; UINT64_MAX: the next one counts */
	bool alone; /* its commits do not wait for its parent's: set_desync */
	bool desync; /* and so the compositor was told: it counts from its next commit on */
};

struct xwl_frame;

/* Hangs on the guest's wl_surface */
struct xwl_surface {
	struct xwl_attached attached;
	bool fresh; /* a buffer was attached, and is not shown yet */
	/* of the buffer that was attached last */
	enum xwl_way way;
	enum xwl_why why;
	int32_t width, height; /* 0: none, or unknown */
	int32_t shown_width, shown_height; /* of the frame that is shown */
	struct xwl_size committed; /* its size since the last commit */
	struct xwl_contents contents;
	uint64_t frames[XWL_WAYS];
	/* rectangles of damage since everything was damaged, in either region */
	uint32_t damages, buffer_damages;
	/* what the next commit, and those after it, are made with */
	int32_t scale, transform;
	struct xwl_size destination; /* of its viewport; 0: not set */
	int32_t source_width, source_height; /* in fixed point; 0: not set */
	struct xwl_rectangle geometry; /* of its window; width 0: not set */
	struct xwl_reach reach;
	/* its window is maximised, or asked to be, but for a full screen */
	bool maximized;
	bool full; /* its window asked for a full screen, and was maximised instead */
	bool cursor; /* of a pointer, now or before */
	struct xwl_frame *frame; /* around its window (frame.h); NULL: none */
	char *title; /* as the compositor has it; NULL: no window */
};

/* requests, for a bridge */
extern const struct xwl_handler xwl_host_surface_requests[];

/**
 * xwl_surface_of - of a guest's wl_surface, or the one below its xdg_surface,
 * xdg_toplevel or wl_subsurface; NULL: it is gone, or the object is another
 */
struct xwl_surface *xwl_surface_of(struct xwl_bridge *b,
				   const struct xwl_object *o);
/** xwl_surface_size - in its own coordinates, after a commit; 0: it shows nothing */
struct xwl_size xwl_surface_size(const struct xwl_surface *s);
/**
 * xwl_surface_window - the part of it, and of its sub-surfaces, that is the window
 * @size: its size, not 0
 * @tree: around its corner and all its sub-surfaces, such as a title bar above it
 */
struct xwl_rectangle xwl_surface_window(const struct xwl_surface *s,
					const struct xwl_size *size,
					const struct xwl_rectangle *tree);
/** xwl_surface_parent - the object's parent, if that is still the one that was set */
struct xwl_object *xwl_surface_parent(struct xwl_bridge *b,
				      const struct xwl_object *o);
/** xwl_surface_adopt - @child belongs to @parent */
void xwl_surface_adopt(struct xwl_object *parent, struct xwl_object *child);
/** xwl_surface_detach - it is no sub-surface any more, or never was */
void xwl_surface_detach(struct xwl_surface *s);
/** xwl_surface_extend - a handler: what is made belongs to the surface, the second argument */
int xwl_surface_extend(void *bridge, struct xwl_object *o,
		       struct xwl_message *m);

#endif
