// SPDX-License-Identifier: GPL-2.0-only
/* Pictures of a screen: as they are, or as a copy */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xendmabuf.h>

#include "dbuf.h"
#include "fb.h"
#include "frontend.h"
#include "guard.h"
#include "guest.h"
#include "screen.h"

static void say_copied(struct xd_screen *s, const struct xd_fb *fb,
		       const char *why)
{
	bool first = !s->why_copied[0];

	snprintf(s->why_copied, sizeof(s->why_copied), "%s %ux%u pitch %u: %s",
		 fb->desc.format->name, fb->desc.width, fb->desc.height,
		 fb->desc.pitch, why);
	xd_guest_log(s->frontend->guest, first ? XD_INFO : XD_DEBUG,
		     "connector %u: copied, not shown as it is: %s", s->index,
		     s->why_copied);
}

/* The output does not take it as it is, after all */
void xd_screen_refuse(struct xd_screen *s, struct xd_fb *fb, int err)
{
	xd_screen_release(s, fb);
	fb->copied[s->index] = true;
	say_copied(s, fb, strerror(-err));
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
	int err;

	if (fb->images[s->index] || fb->copied[s->index])
		return fb->images[s->index];
	if (s->policy.zero_copy) {
		err = s->output->ops->import(s->output, &pic,
					     &fb->images[s->index]);
		if (!err)
			return fb->images[s->index];
		say_copied(s, fb, strerror(-err));
	} else {
		say_copied(s, fb, "zero-copy = no");
	}
	fb->images[s->index] = NULL;
	fb->copied[s->index] = true;
	return NULL;
}

static int copy_into(struct xd_screen *s, struct xd_fb *fb,
		     const struct xd_rows *dst)
{
	const uint8_t *pixels = xd_dbuf_pixels(fb->dbuf);
	struct xd_rows src = {
		.pitch = fb->desc.pitch,
		.width = fb->desc.width,
		.height = fb->desc.height,
	};
	int err, end;

	if (!pixels)
		return -ENOMEM;
	src.pixels = (void *)(uintptr_t)(pixels + fb->desc.offset);
	err = xendmabuf_access_begin(fb->dbuf->fd, XENDMABUF_READ);
	if (err)
		return err;
	err = xd_guard_copy(dst, &src, fb->desc.format, s->x, s->y);
	end = xendmabuf_access_end(fb->dbuf->fd, XENDMABUF_READ);
	return err ? err : end;
}

static int copied(struct xd_screen *s, struct xd_fb *fb,
		  struct xd_image **image)
{
	struct xd_image **shadow = &s->shadow[!s->shadow_shown];
	struct xd_rows dst;
	int err;

	if (!*shadow) {
		err = s->output->ops->shadow(s->output, shadow);
		if (err) {
			*shadow = NULL;
			return err;
		}
	}
	dst.pixels = (*shadow)->pixels;
	dst.pitch = (*shadow)->pitch;
	dst.width = (*shadow)->width;
	dst.height = (*shadow)->height;
	err = copy_into(s, fb, &dst);
	if (!err)
		*image = *shadow;
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
	err = copied(s, fb, &image);
	if (!err)
		err = flip ? ops->flip(s->output, image)
			   : ops->show(s->output, image, 0, 0);
	if (err)
		return err;
	s->shadow_shown = !s->shadow_shown;
	s->stats.copied++;
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
	err = copy_into(s, s->current, &dst);
	if (!mapped)
		xd_dbuf_unmap(s->current->dbuf);
	return err;
}
