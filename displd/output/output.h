/* SPDX-License-Identifier: GPL-2.0-only */
/* An output: something that shows pictures of one connector of a guest.
 *
 * Whoever implements one provides the ops and calls xd_output_flip_done() once
 * for each flip that it took.  It never sees guests, cookies or rings.
 * All calls come from the loop's thread and none may block for long.
 */
#ifndef XD_OUTPUT_OUTPUT_H
#define XD_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"

struct xd_input;
struct xd_output;

/* Pixels in a dma-buf, wherever they came from. */
struct xd_picture {
	int dmabuf; /* stays the caller's; open until the image is released */
	const struct xd_format *format;
	uint32_t width, height;
	uint32_t pitch, offset;
	bool rdonly; /* the dma-buf must not be written, by devices either */
};

/* A picture that an output has taken in; each output embeds this. */
struct xd_image {
	uint32_t width, height;
	/* for images of xd_output_ops.shadow alone: the CPU writes here */
	void *pixels; /* XRGB8888 */
	uint32_t pitch;
};

struct xd_output_ops {
	const char *name;
	void (*destroy)(struct xd_output *o);

	/*
	 * Take a picture in as it is: no copy may be needed to show it.
	 * EOPNOTSUPP, EINVAL, EREMOTEIO ...: the caller copies instead.
	 */
	int (*import)(struct xd_output *o, const struct xd_picture *pic,
		      struct xd_image **image);
	/* An image of the output's own, of the size that suits it best. */
	int (*shadow)(struct xd_output *o, struct xd_image **image);
	/* Not on screen, and in no flip that is under way. */
	void (*release)(struct xd_output *o, struct xd_image *image);

	/*
	 * Begin to show, with pixel x, y of an image that was taken in at the
	 * upper left corner of the screen, in flips that follow as well; a
	 * shadow has the right part in it already.  Errors are those of
	 * import(), of flips too: the caller copies instead.  Afterwards
	 * neither a picture shown before is read nor a flip_done for it will
	 * come.  (Where a compositor does the reading, it may do so for some
	 * more milliseconds.)
	 */
	int (*show)(struct xd_output *o, struct xd_image *image, uint32_t x,
		    uint32_t y);
	/* Stop showing; same promise. */
	void (*off)(struct xd_output *o);
	/*
	 * Show another image (or the same again: its content has changed);
	 * never while one is under way.  On success flip_done comes when the
	 * image before it is not read any more.
	 */
	int (*flip)(struct xd_output *o, struct xd_image *image);

	/*
	 * Memory of the hardware's own, for a guest to draw into: a dma-buf of
	 * at least @size bytes, whole pages.  NULL: there is no hardware.
	 */
	int (*alloc)(struct xd_output *o, size_t size, int *dmabuf);
	/*
	 * Whether the hardware has the address bits that a dma-buf takes which
	 * was not taken in yet: 0, or EREMOTEIO if not; other errors of
	 * import() may come first.  Goes with alloc.
	 */
	int (*reach)(struct xd_output *o, int dmabuf);

	/* For status: "Virtual-1 of /dev/dri/card0 (cirrus)", a mode or 0. */
	void (*describe)(const struct xd_output *o, char *buf, size_t len,
			 uint32_t *w, uint32_t *h);
	/*
	 * The card's connector, such as "HDMI-A-1", if this is one: keyboard
	 * and pointer of this machine are for it.  NULL: this output sees to
	 * its input by itself, or has none.
	 */
	const char *(*connector)(const struct xd_output *o);
};

struct xd_output {
	const struct xd_output_ops *ops;
	/* drawing into the image on screen does not show without a flip */
	bool needs_flips;
	/* set by the user of the output */
	void (*flip_done)(struct xd_output *o);
	/* the output is gone (unplugged, compositor left); off() was implied */
	void (*lost)(struct xd_output *o);
	/*
	 * An image that import() took in, and that was to be shown, cannot be:
	 * it is not, and a flip of it is not under way any more.
	 */
	void (*refused)(struct xd_output *o, struct xd_image *image, int err);
	void *user;
	/* keys and pointer that this screen gets; input.h.  Stays as it is. */
	struct xd_input *input;
};

#endif
