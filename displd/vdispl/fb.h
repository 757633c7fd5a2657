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

#include "vdispl/proto.h"

struct xd_dbuf;
struct xd_screen;
struct xd_image;
struct xd_frontend;

struct xd_fb {
	struct xd_fb *next; /* in the frontend's list */
	struct xd_frontend *frontend;
	struct xd_fb_desc desc;
	struct xd_dbuf *dbuf;
	unsigned int users;
	bool detached; /* the guest has no name for it any more */
	/* what the outputs made of it, by connector */
	struct xd_image *images[XD_CONNECTORS_MAX];
	bool copied[XD_CONNECTORS_MAX]; /* that output shows a copy */
	uint64_t copy_until[XD_CONNECTORS_MAX]; /* and is not asked before */
};

int xd_fb_create(struct xd_frontend *f, struct xd_dbuf *d,
		 const struct xd_fb_desc *desc, struct xd_fb **out);
/** xd_fb_detach - the guest's name for it goes, shown or not */
void xd_fb_detach(struct xd_fb *fb);
void xd_fb_get(struct xd_fb *fb);
void xd_fb_put(struct xd_fb *fb);

#endif
