/* SPDX-License-Identifier: GPL-2.0-only */
/* Shadows: two images of an output's own, into which framebuffers are copied
 * in turn that cannot be shown as they are.
 */
#ifndef XD_VDISPL_SHADOW_H
#define XD_VDISPL_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"

struct xd_fb;
struct xd_image;
struct xd_output;

struct xd_shadow {
	struct xdc_loop *loop;
	struct xd_output *output; /* NULL for the time without one */
	struct xd_image *images[2]; /* made when needed */
	unsigned int shown; /* which one is on screen */
	/* a copy in more than one turn of the loop: */
	struct xdc_work more;
	struct xd_fb *fb; /* its user keeps it until done() or the cancelling */
	uint32_t x, y;
	uint32_t rows; /* copied so far */
	/* the copy is complete, or has failed; set by the user */
	void (*done)(struct xd_shadow *shadow, struct xd_image *image, int err);
};

void xd_shadow_init(struct xd_shadow *shadow, struct xdc_loop *loop);
/** xd_shadow_leave - the output goes, its images with it */
void xd_shadow_leave(struct xd_shadow *shadow);

/** xd_shadow_copy - all of @fb from @x, @y on, now */
int xd_shadow_copy(struct xd_shadow *shadow, struct xd_fb *fb, uint32_t x,
		   uint32_t y, struct xd_image **image);
/**
 * xd_shadow_begin - the same in the loop's next turns; done() is to come
 *
 * Other guests have a right to be served meanwhile.
 */
void xd_shadow_begin(struct xd_shadow *shadow, struct xd_fb *fb, uint32_t x,
		     uint32_t y);
void xd_shadow_cancel(struct xd_shadow *shadow);
/** xd_shadow_is_copying - done() is to come */
bool xd_shadow_is_copying(const struct xd_shadow *shadow);
/** xd_shadow_swap - the image copied last is on screen: the other is next */
void xd_shadow_swap(struct xd_shadow *shadow);

#endif
