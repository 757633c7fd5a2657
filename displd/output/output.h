/* SPDX-License-Identifier: GPL-2.0-only */
/* An output shows the pictures of one connector of a guest.
 *
 * Each kind of output embeds struct xd_output, implements struct xd_output_ops,
 * and calls xd_output.flip_done() once for each flip that it accepted.  It knows
 * nothing of guests and their protocols.  All calls come from the event loop's
 * thread, and none may block for long.
 */
#ifndef XD_OUTPUT_OUTPUT_H
#define XD_OUTPUT_OUTPUT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"

#define XD_WHY_MAX 160

struct xd_input;
struct xd_output;

/*
 * Whose outputs they are: a guest, which the outputs know only as this.  It
 * outlives its outputs, which may share a connection and nothing with those of
 * others.
 */
struct xd_owner {
	/*
	 * @more images that were released still cost memory and a file, as a
	 * compositor has not answered; less than 0: so many have ended
	 */
	void (*holds)(struct xd_owner *owner, int more);
};

/* Pixels in a dma-buf. */
struct xd_picture {
	int dmabuf; /* the caller's; stays open until the image is released */
	const struct xd_format *format;
	uint32_t width, height;
	uint32_t pitch, offset;
	bool rdonly; /* neither the CPU nor a device may write */
};

/* A picture that an output can show; each kind of output embeds it. */
struct xd_image {
	uint32_t width, height;
	/* of images made by xd_output_ops.shadow() only: the CPU writes here */
	void *pixels; /* XRGB8888 */
	uint32_t pitch;
};

struct xd_output_ops {
	const char *name;
	void (*destroy)(struct xd_output *o);

	/*
	 * Make an image of a picture without copying it.
	 * EOPNOTSUPP, EINVAL, EREMOTEIO ...: the caller shows a copy instead.
	 */
	int (*import)(struct xd_output *o, const struct xd_picture *pic,
		      struct xd_image **image);
	/* Make an image in memory of the output's own, in its best size. */
	int (*shadow)(struct xd_output *o, struct xd_image **image);
	/* Free an image that is neither shown nor to be shown. */
	void (*release)(struct xd_output *o, struct xd_image *image);

	/*
	 * Begin to show an image, with its pixel x, y at the upper left corner
	 * of the screen; this holds for later flips as well.  For shadows x and
	 * y are ignored: they contain the right part already.  Errors, of later
	 * flips too, are those of import().  No call waits: the image shown
	 * before may be read for some more milliseconds, though it may be
	 * released at once.  No flip_done() for an earlier flip will come.
	 */
	int (*show)(struct xd_output *o, struct xd_image *image, uint32_t x,
		    uint32_t y);
	/* Stop showing; on return, the same holds as for show(). */
	void (*off)(struct xd_output *o);
	/*
	 * Show another image, or the same one with new content.  At most one
	 * flip is under way.  On success flip_done() is called when the image
	 * shown before is not read any more, but not from within this call.
	 */
	int (*flip)(struct xd_output *o, struct xd_image *image);

	/*
	 * Allocate memory that the hardware can scan out, for a guest to draw
	 * into: a dma-buf of at least @size bytes, in whole pages.  NULL: there
	 * is no hardware.
	 */
	int (*alloc)(struct xd_output *o, size_t size, int *dmabuf);
	/*
	 * Check that the hardware can address a dma-buf that was not imported
	 * yet.  EREMOTEIO: it cannot.  Other errors of import() are possible.
	 * NULL if alloc is.
	 */
	int (*reach)(struct xd_output *o, int dmabuf);

	/*
	 * For status: text such as "Virtual-1 of /dev/dri/card0 (cirrus)", and
	 * the size on screen, or 0.
	 */
	void (*describe)(const struct xd_output *o, char *buf, size_t len,
			 uint32_t *w, uint32_t *h);
	/*
	 * The name of the card's connector, such as "HDMI-A-1": this machine's
	 * keyboard and pointer are for it.  NULL: the output has input devices
	 * of its own, or none.
	 */
	const char *(*connector)(const struct xd_output *o);

	/*
	 * The card or the compositor's socket: constant, and equal for outputs
	 * that a picture breaks together.  NULL: pictures break no output of
	 * this kind.
	 */
	const char *(*target)(const struct xd_output *o);
	/*
	 * The other end does not take more at the moment: no request of the
	 * guest should be served until room() is called, or lost().  For all
	 * outputs of an owner with one target alike.  NULL: never.
	 */
	bool (*is_full)(const struct xd_output *o);
	/*
	 * When an image that import() made was given to the other end, or shown
	 * there, for the first time: the last such image of all outputs that the
	 * owner has at this connection, which may end because of it.  0: there was
	 * none.  NULL: outputs of this kind do not end by themselves because of an
	 * image.
	 */
	uint64_t (*new_import)(const struct xd_output *o);
	/*
	 * The guest's input devices (xd_output.input) may be other ones: ask for
	 * what such devices want of the other end, and tell them what others were
	 * told when the focus came.  NULL: nothing depends on them.
	 */
	void (*inputs_changed)(struct xd_output *o);
};

struct xd_output {
	const struct xd_output_ops *ops;
	/* changes of the image on screen are not seen without a flip */
	bool needs_flips;
	/* another program shows images, and may mmap() the memory of each */
	bool maps_images;
	/*
	 * The guest's flips should begin no more often than once in so many ns:
	 * flip_done() comes as soon as it can.  0: it comes at the screen's rate,
	 * or any rate is right.
	 */
	uint64_t period;
	/*
	 * Why the last import(), show() or flip() failed or refused() was called,
	 * in words; "": the error says all.  The user clears it before each of these
	 * calls, and when it has read it.
	 */
	char why[XD_WHY_MAX];
	/* The rest is set by the user of the output. */
	void (*flip_done)(struct xd_output *o);
	/* the screen or compositor is gone; nothing is shown any more */
	void (*lost)(struct xd_output *o);
	/*
	 * An image that import() made, and that was to be shown, cannot be
	 * shown after all.  If a flip to it was under way, it has ended.
	 */
	void (*refused)(struct xd_output *o, struct xd_image *image, int err);
	/*
	 * An image that import() made has broken the output's target, and lost()
	 * is called next.  NULL: an image that was released, or one of several.
	 */
	void (*broke)(struct xd_output *o, struct xd_image *image,
		      const char *why);
	/* is_full() is false again */
	void (*room)(struct xd_output *o);
	void *user;
	/* where keys and pointer of this screen go, see input.h; constant */
	struct xd_input *input;
};

/** xd_output_is_temporary - an error that may be over soon: try again later */
static inline bool xd_output_is_temporary(int err)
{
	return err == -ENOMEM || err == -ENOSPC || err == -EMFILE ||
	       err == -ENFILE || err == -EAGAIN || err == -EINTR;
}

#endif
