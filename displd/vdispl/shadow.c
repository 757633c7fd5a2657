// SPDX-License-Identifier: GPL-2.0-only
#include "common/container_of.h"
#include "output/output.h"
#include "vdispl/fb.h"
#include "vdispl/shadow.h"

/* limit of copies in one turn of the loop, for all guests together */
#define TURN_BYTES (8U << 20)

/* The image that is not on screen, for the next copy */
static int next_image(struct xd_shadow *s, struct xd_image **image)
{
	struct xd_image **next = &s->images[!s->shown];
	int err = 0;

	if (!*next)
		err = s->output->ops->shadow(s->output, next);
	if (err)
		*next = NULL;
	*image = *next;
	return err;
}

/* Copies the next @rows of @fb */
static int copy_rows(struct xd_shadow *s, const struct xd_fb *fb,
		     const struct xd_image *image, uint32_t rows)
{
	const struct xd_rows dst = {
		.pixels = (uint8_t *)image->pixels +
			  (size_t)s->rows * image->pitch,
		.pitch = image->pitch,
		.width = image->width,
		.height = rows,
	};
	int err = xd_fb_copy(fb, &dst, s->x, s->y + s->rows);

	s->rows += rows;
	return err;
}

/* Copies as much as this turn's limit allows */
static void copy_more(struct xdc_work *w)
{
	struct xd_shadow *s = container_of(w, struct xd_shadow, more);
	struct xd_image *image;
	uint32_t left, rows;
	int err = next_image(s, &image);

	if (!err) {
		left = image->height - s->rows;
		rows = s->loop->copied < TURN_BYTES
			       ? (TURN_BYTES - s->loop->copied) / image->pitch +
					 1
			       : 0;
		if (rows > left)
			rows = left;
		if (rows)
			err = copy_rows(s, s->fb, image, rows);
		s->loop->copied += rows * image->pitch;
		if (!err && rows < left) {
			xdc_loop_later(s->loop, w);
			return;
		}
	}
	s->done(s, image, err);
}

void xd_shadow_init(struct xd_shadow *s, struct xdc_loop *loop)
{
	s->loop = loop;
	s->more.run = copy_more;
}

void xd_shadow_leave(struct xd_shadow *s)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (s->images[i])
			s->output->ops->release(s->output, s->images[i]);
		s->images[i] = NULL;
	}
}

int xd_shadow_copy(struct xd_shadow *s, struct xd_fb *fb, uint32_t x,
		   uint32_t y, struct xd_image **image)
{
	int err = next_image(s, image);

	s->x = x;
	s->y = y;
	/* a copy in progress would write to the same image */
	s->rows = 0;
	if (!err)
		err = copy_rows(s, fb, *image, (*image)->height);
	s->rows = 0;
	return err;
}

void xd_shadow_begin(struct xd_shadow *s, struct xd_fb *fb, uint32_t x,
		     uint32_t y)
{
	s->fb = fb;
	s->x = x;
	s->y = y;
	s->rows = 0;
	xdc_loop_later(s->loop, &s->more);
}

void xd_shadow_cancel(struct xd_shadow *s)
{
	xdc_loop_cancel(s->loop, &s->more);
}

bool xd_shadow_is_copying(const struct xd_shadow *s)
{
	return s->more.queued;
}

void xd_shadow_swap(struct xd_shadow *s)
{
	s->shown = !s->shown;
}
