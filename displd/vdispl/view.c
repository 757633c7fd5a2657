// SPDX-License-Identifier: GPL-2.0-only
/* Pictures of a screen: as they are, or as a copy */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <xendmabuf.h>

#include "common/container_of.h"
#include "vdispl/dbuf.h"
#include "vdispl/fb.h"
#include "vdispl/frontend.h"
#include "vdispl/guard.h"
#include "guest.h"
#include "vdispl/screen.h"

/* of copies in one turn of the loop, whoever they are for */
#define TURN_BYTES (8U << 20)
/* before an output is asked again that had no room for a picture */
#define ASK_AGAIN XDC_NS_PER_S
#define NEVER UINT64_MAX

static bool passes(int err)
{
	return err == -ENOMEM || err == -ENOSPC || err == -EMFILE ||
	       err == -ENFILE || err == -EAGAIN || err == -EINTR;
}

/* From now on @fb is shown as a copy; it may be asked for again at a time */
static void copy_until(struct xd_screen *s, struct xd_fb *fb, uint64_t when,
		       const char *why)
{
	char text[sizeof(s->why_copied)];
	bool news;

	if (!fb->copied[s->index])
		s->stats.buffers_copied++;
	fb->copied[s->index] = true;
	fb->copy_until[s->index] = when;
	snprintf(text, sizeof(text), "%s %ux%u pitch %u: %s",
		 fb->desc.format->name, fb->desc.width, fb->desc.height,
		 fb->desc.pitch, why);
	/* once for all buffers of a kind, and again if that changes */
	news = strcmp(text, s->why_copied);
	memcpy(s->why_copied, text, sizeof(text));
	xd_guest_log(s->frontend->guest, news ? XDC_INFO : XDC_DEBUG,
		     "connector %u: copied, not shown as it is: %s", s->index,
		     text);
}

void xd_screen_refuse(struct xd_screen *s, struct xd_fb *fb, int err)
{
	xd_screen_release(s, fb);
	copy_until(s, fb, passes(err) ? xdc_now() + ASK_AGAIN : NEVER,
		   strerror(-err));
}

/* What the output made of the framebuffer; NULL: it has to be copied */
static struct xd_image *imported(struct xd_screen *s, struct xd_fb *fb)
{
	struct xd_picture pic = {
		.dmabuf = fb->dbuf->fd,
		.format = fb->desc.format,
		.width = fb->desc.width,
		.height = fb->desc.height,
		.pitch = fb->desc.pitch,
		.offset = fb->desc.offset,
		.rdonly = fb->dbuf->rdonly,
	};
	struct xd_image **image = &fb->images[s->index];
	uint64_t until = fb->copy_until[s->index];
	int err;

	if (*image || until == NEVER || (until && xdc_now() < until))
		return *image;
	if (!s->policy.zero_copy) {
		copy_until(s, fb, NEVER, "zero-copy = no");
		return NULL;
	}
	err = s->output->ops->import(s->output, &pic, image);
	if (err) {
		*image = NULL;
		xd_screen_refuse(s, fb, err);
		return NULL;
	}
	fb->copied[s->index] = false;
	fb->copy_until[s->index] = 0;
	s->stats.buffers_imported++;
	return *image;
}

/* Rows of the upper left of @dst */
static int copy_rows(struct xd_screen *s, struct xd_fb *fb,
		     const struct xd_rows *dst, uint32_t first, uint32_t rows)
{
	const uint8_t *pixels = xd_dbuf_pixels(fb->dbuf);
	struct xd_rows src = {
		.pitch = fb->desc.pitch,
		.width = fb->desc.width,
		.height = fb->desc.height,
	};
	struct xd_rows part = *dst;
	int err, end;

	if (!pixels)
		return -ENOMEM;
	src.pixels = (void *)(uintptr_t)(pixels + fb->desc.offset);
	part.pixels = (uint8_t *)dst->pixels + (size_t)first * dst->pitch;
	part.height = rows;
	err = xendmabuf_access_begin(fb->dbuf->fd, XENDMABUF_READ);
	if (err)
		return err;
	err = xd_guard_copy(&part, &src, fb->desc.format, s->x, s->y + first);
	end = xendmabuf_access_end(fb->dbuf->fd, XENDMABUF_READ);
	return err ? err : end;
}

/* The one that is not shown, for the next copy */
static int next_shadow(struct xd_screen *s, struct xd_image **image)
{
	struct xd_image **shadow = &s->shadow[!s->shadow_shown];
	int err = 0;

	if (!*shadow)
		err = s->output->ops->shadow(s->output, shadow);
	if (err)
		*shadow = NULL;
	*image = *shadow;
	return err;
}

static int copy_from(struct xd_screen *s, struct xd_fb *fb,
		     const struct xd_image *shadow, uint32_t rows)
{
	const struct xd_rows dst = {
		.pixels = shadow->pixels,
		.pitch = shadow->pitch,
		.width = shadow->width,
		.height = shadow->height,
	};
	int err = copy_rows(s, fb, &dst, s->rows_copied, rows);

	s->rows_copied += rows;
	return err;
}

static void copy_shown(struct xd_screen *s)
{
	s->shadow_shown = !s->shadow_shown;
	s->stats.copied++;
}

/* As much of the flip's copy as others leave of this turn */
void xd_screen_copy_more(struct xdc_work *w)
{
	struct xd_screen *s = container_of(w, struct xd_screen, copying);
	struct xd_image *shadow;
	uint32_t left, rows;
	int err = next_shadow(s, &shadow);

	if (!err) {
		left = shadow->height - s->rows_copied;
		rows = s->loop->copied < TURN_BYTES
			       ? (TURN_BYTES - s->loop->copied) /
						 shadow->pitch +
					 1
			       : 0;
		if (rows > left)
			rows = left;
		if (rows)
			err = copy_from(s, s->pending, shadow, rows);
		s->loop->copied += rows * shadow->pitch;
		if (!err && rows < left) {
			xdc_loop_later(s->loop, w);
			return;
		}
	}
	if (!err)
		err = s->output->ops->flip(s->output, shadow);
	if (err)
		xd_screen_unseen(s, err);
	else
		copy_shown(s);
}

static int show_copy(struct xd_screen *s, struct xd_fb *fb)
{
	struct xd_image *shadow;
	int err = next_shadow(s, &shadow);

	/* a copy that is under way would be in the same shadow */
	s->rows_copied = 0;
	if (!err)
		err = copy_from(s, fb, shadow, shadow->height);
	s->rows_copied = 0;
	if (!err)
		err = s->output->ops->show(s->output, shadow, s->x, s->y);
	if (!err)
		copy_shown(s);
	return err;
}

int xd_screen_put_up(struct xd_screen *s, struct xd_fb *fb, bool flip)
{
	const struct xd_output_ops *ops = s->output->ops;
	struct xd_image *image = imported(s, fb);
	int err;

	if (image) {
		err = flip ? ops->flip(s->output, image)
			   : ops->show(s->output, image, s->x, s->y);
		if (!err) {
			s->stats.imported++;
			return 0;
		}
		/* the same again would not do better with a copy of it */
		if (err == -EBUSY || err == -EACCES || err == -ENODEV)
			return err;
		if (fb != s->current)
			xd_screen_refuse(s, fb, err);
	}
	if (!flip)
		return show_copy(s, fb);
	s->rows_copied = 0;
	xdc_loop_later(s->loop, &s->copying);
	return 0;
}

void xd_screen_release(struct xd_screen *s, struct xd_fb *fb)
{
	struct xd_image *image = fb->images[s->index];

	fb->images[s->index] = NULL;
	if (image && s->output)
		s->output->ops->release(s->output, image);
}

int xd_screen_shot(struct xd_screen *s, void *pixels, uint32_t pitch,
		   uint32_t w, uint32_t h)
{
	struct xd_rows dst = {
		.pixels = pixels,
		.pitch = pitch,
		.width = w,
		.height = h,
	};
	bool mapped;
	int err;

	if (!s->current)
		return -ENODATA;
	mapped = s->current->dbuf->map;
	err = copy_rows(s, s->current, &dst, 0, h);
	if (!mapped)
		xd_dbuf_unmap(s->current->dbuf);
	return err;
}
