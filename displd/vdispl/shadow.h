/* SPDX-License-Identifier: GPL-2.0-only */
/* Shadows: two images of an output, into which framebuffers are copied, in
 * turns, that it cannot show directly.
 */
#ifndef XD_VDISPL_SHADOW_H
#define XD_VDISPL_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"

struct xd_budget;
struct xd_fb;
struct xd_image;
struct xd_output;

struct xd_shadow {
	struct xdc_loop *loop;
	struct xd_budget *budget; /* of the guest */
	struct xd_output *output; /* NULL while there is none */
	struct xd_image *images[2]; /* created when needed */
	unsigned int shown; /* index of the one on screen */
	bool copying;
	/* a copy that takes several turns of the loop: */
	struct xdc_work more;
	/* referenced by the user until done() or xd_shadow_cancel() */
	struct xd_fb *fb;
	uint32_t x, y;
	uint32_t rows; /* copied so far */
	/* the copy is complete or has failed; set by the user */
	void (*done)(struct xd_shadow *shadow, struct xd_image *image, int err);
};

void xd_shadow_init(struct xd_shadow *shadow, struct xdc_loop *loop,
		    struct xd_budget *budget);
/** xd_shadow_leave - release the images: the output is closed next */
void xd_shadow_leave(struct xd_shadow *shadow);

/**
 * xd_shadow_begin - copy @fb from @x, @y on in the loop's next turns, then call
 * done()
 *
 * Other guests are served meanwhile.  A copy in progress is cancelled.
 */
void xd_shadow_begin(struct xd_shadow *shadow, struct xd_fb *fb, uint32_t x,
		     uint32_t y);
void xd_shadow_cancel(struct xd_shadow *shadow);
/** xd_shadow_is_copying - done() will be called */
bool xd_shadow_is_copying(const struct xd_shadow *shadow);
/** xd_shadow_swap - the last copy is on screen: use the other image next */
void xd_shadow_swap(struct xd_shadow *shadow);

#endif
