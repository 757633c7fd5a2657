// SPDX-License-Identifier: GPL-2.0-only
#include "budget.h"
#include "common/container_of.h"
#include "output/output.h"
#include "vdispl/fb.h"
#include "vdispl/shadow.h"

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

static void end_copy(struct xd_shadow *s)
{
	s->copying = false;
	xd_budget_end_copy(s->budget);
}

/* Copies what the guest may copy in this turn */
static void copy_more(struct xdc_work *w)
{
	struct xd_shadow *s = container_of(w, struct xd_shadow, more);
	struct xd_image *image;
	uint32_t left, rows;
	int err = next_image(s, &image);

	if (!err) {
		left = image->height - s->rows;
		rows = (uint32_t)(xd_budget_copy(s->budget) / image->pitch) + 1;
		if (rows > left)
			rows = left;
		err = copy_rows(s, s->fb, image, rows);
		if (!err && rows < left) {
			xdc_loop_later(s->loop, w);
			return;
		}
	}
	end_copy(s);
	s->done(s, image, err);
}

void xd_shadow_init(struct xd_shadow *s, struct xdc_loop *loop,
		    struct xd_budget *budget)
{
	s->loop = loop;
	s->budget = budget;
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

void xd_shadow_begin(struct xd_shadow *s, struct xd_fb *fb, uint32_t x,
		     uint32_t y)
{
	xd_shadow_cancel(s);
	s->fb = fb;
	s->x = x;
	s->y = y;
	s->rows = 0;
	s->copying = true;
	xd_budget_begin_copy(s->budget);
	xdc_loop_later(s->loop, &s->more);
}

void xd_shadow_cancel(struct xd_shadow *s)
{
	if (!s->copying)
		return;
	xdc_loop_cancel(s->loop, &s->more);
	end_copy(s);
}

bool xd_shadow_is_copying(const struct xd_shadow *s)
{
	return s->copying;
}

void xd_shadow_swap(struct xd_shadow *s)
{
	s->shown = !s->shown;
}
