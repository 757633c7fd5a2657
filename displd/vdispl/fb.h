/* SPDX-License-Identifier: GPL-2.0-only */
/* Framebuffers: a format and size for the pixels of a display buffer.
 *
 * Counted: the guest's cookie holds one, each screen that shows it or is about
 * to holds one more.
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

/* What somebody has hung on a framebuffer, to be told of its end */
struct xd_fb_addon {
	LIST_ENTRY(xd_fb_addon) link;
	/* The guest has no name for it any more: do not show it */
	void (*detached)(struct xd_fb_addon *addon);
	/* The framebuffer is freed after this: take the addon off */
	void (*ended)(struct xd_fb_addon *addon);
};

struct xd_fb {
	LIST_ENTRY(xd_fb) link; /* in the frontend's list */
	struct xd_guest *guest; /* who is charged for it */
	struct xd_fb_desc desc;
	struct xd_dbuf *dbuf;
	unsigned int users;
	bool detached;
	LIST_HEAD(, xd_fb_addon) addons;
};

LIST_HEAD(xd_fbs, xd_fb);

int xd_fb_create(struct xd_fbs *list, struct xd_guest *guest,
		 struct xd_dbuf *dbuf, const struct xd_fb_desc *desc,
		 struct xd_fb **out);
/** xd_fb_detach - the guest's name for it goes, shown or not */
void xd_fb_detach(struct xd_fb *fb);
void xd_fb_get(struct xd_fb *fb);
void xd_fb_put(struct xd_fb *fb);

/** xd_fb_hang - @addon's two functions are set; whoever hangs it takes it off */
void xd_fb_hang(struct xd_fb *fb, struct xd_fb_addon *addon);

/**
 * xd_fb_copy - xd_copy() of its pixels from @x, @y on
 *
 * ENOMEM: they cannot be mapped.  EFAULT: the guest has taken them away.
 */
int xd_fb_copy(const struct xd_fb *fb, const struct xd_rows *dst, uint32_t x,
	       uint32_t y);

#endif
