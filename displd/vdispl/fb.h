/* SPDX-License-Identifier: GPL-2.0-only */
/* Framebuffers: a format and size for the pixels of a display buffer.
 *
 * Reference-counted: the guest's cookie holds one reference, each screen that
 * shows the framebuffer, or is about to, another.
 */
#ifndef XD_VDISPL_FB_H
#define XD_VDISPL_FB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "vdispl/copy.h"
#include "vdispl/proto.h"

struct xd_dbuf;
struct xd_fb;
struct xd_guest;

/* A user's state on a framebuffer, with callbacks for its end */
struct xd_fb_addon {
	LIST_ENTRY(xd_fb_addon) link;
	/* The guest has detached the framebuffer: do not show it */
	void (*detached)(struct xd_fb_addon *addon);
	/* The framebuffer is freed next: remove and free the addon */
	void (*ended)(struct xd_fb_addon *addon);
};

struct xd_fb {
	LIST_ENTRY(xd_fb) link; /* in the frontend's list */
	struct xd_guest *guest; /* whose quota it counts for */
	struct xd_fb_desc desc;
	struct xd_dbuf *dbuf;
	unsigned int users;
	bool detached;
	LIST_HEAD(xd_fb_addon_list, xd_fb_addon) addons;
};

LIST_HEAD(xd_fbs, xd_fb);

int xd_fb_create(struct xd_fbs *list, struct xd_guest *guest,
		 struct xd_dbuf *dbuf, const struct xd_fb_desc *desc,
		 struct xd_fb **out);
/** xd_fb_detach - the guest's cookie ends, even if @fb is shown */
void xd_fb_detach(struct xd_fb *fb);
void xd_fb_get(struct xd_fb *fb);
void xd_fb_put(struct xd_fb *fb);

/** xd_fb_hang - add an addon, whose callbacks are set */
void xd_fb_hang(struct xd_fb *fb, struct xd_fb_addon *addon);

/**
 * xd_fb_copy - xd_copy() of the pixels from @x, @y on
 *
 * ENOMEM: the pixels cannot be mapped.  EFAULT: their lease was revoked.
 */
int xd_fb_copy(const struct xd_fb *fb, const struct xd_rows *dst, uint32_t x,
	       uint32_t y);

#endif
