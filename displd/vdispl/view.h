/* SPDX-License-Identifier: GPL-2.0-only */
/* Views: a screen's framebuffers as its output has imported them.
 *
 * A screen has a view of each framebuffer that it was asked to show.  The view
 * lives until the framebuffer or the screen ends.
 */
#ifndef XD_VDISPL_VIEW_H
#define XD_VDISPL_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "vdispl/fb.h"

struct xd_guest;
struct xd_image;
struct xd_output;
struct xd_views;

struct xd_view {
	LIST_ENTRY(xd_view) link; /* in its screen's list */
	struct xd_fb_addon addon;
	struct xd_views *views;
	struct xd_fb *fb;
	struct xd_image *image; /* NULL: not imported */
	bool copied; /* the screen shows copies of it */
	uint64_t copy_until; /* not imported before then */
};

/* All views of one screen */
struct xd_views {
	LIST_HEAD(xd_view_list, xd_view) list;
	struct xd_guest *guest;
	struct xd_output *output; /* NULL while there is none */
	const char *name; /* of the connector, for messages */
	bool zero_copy; /* the configuration allows it */
	char why_copied[220]; /* the last reason, for status */
	uint64_t imported, copied; /* framebuffers, so far */
	/* the guest has detached the framebuffer, shown or not */
	void (*detached)(struct xd_views *views, struct xd_fb *fb);
};

void xd_views_init(struct xd_views *views, struct xd_guest *guest,
		   const char *name, bool zero_copy);
/** xd_views_fini - free all views; may be called again */
void xd_views_fini(struct xd_views *views);
/** xd_views_leave - release images and forget refusals of the output */
void xd_views_leave(struct xd_views *views);

/** xd_view_add - create the view of @fb, if there is none; ENOMEM */
int xd_view_add(struct xd_views *views, struct xd_fb *fb);
/** xd_view_by_image - NULL if no view has the image */
struct xd_view *xd_view_by_image(struct xd_views *views,
				 const struct xd_image *image);
/** xd_view_image - import @fb, which was added.  NULL: copy it */
struct xd_image *xd_view_image(struct xd_views *views, struct xd_fb *fb);
/** xd_view_refuse - the output cannot show @fb directly after all */
void xd_view_refuse(struct xd_views *views, struct xd_fb *fb, int err);
/**
 * xd_views_distrust - @image, or another one, has broken the output
 * @image: NULL: which one is not known
 *
 * Pictures of the kind are copied at this target from now on, also after the guest
 * has connected again.
 */
void xd_views_distrust(struct xd_views *views, const struct xd_image *image,
		       const char *why);
/**
 * xd_views_lost - the output has ended, maybe by itself
 *
 * If that happens to the guest twice in a row, soon after a picture was new to the
 * other end, its pictures are copied there from now on.
 */
void xd_views_lost(struct xd_views *views);
/** xd_view_is_copied - the screen shows copies of @fb */
bool xd_view_is_copied(const struct xd_views *views, const struct xd_fb *fb);

#endif
