// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <xendmabuf.h>

#include "guest.h"
#include "vdispl/dbuf.h"
#include "vdispl/fb.h"
#include "vdispl/guard.h"

int xd_fb_create(struct xd_fbs *list, struct xd_guest *guest,
		 struct xd_dbuf *dbuf, const struct xd_fb_desc *desc,
		 struct xd_fb **out)
{
	struct xd_fb *fb;
	int err;

	err = xd_guest_charge_framebuffer(guest);
	if (err)
		return err;
	fb = calloc(1, sizeof(*fb));
	if (!fb) {
		xd_guest_uncharge_framebuffer(guest);
		return -ENOMEM;
	}
	fb->guest = guest;
	fb->desc = *desc;
	fb->users = 1;
	fb->dbuf = dbuf;
	xd_dbuf_get(dbuf);
	LIST_INIT(&fb->addons);
	LIST_INSERT_HEAD(list, fb, link);
	*out = fb;
	return 0;
}

void xd_fb_get(struct xd_fb *fb)
{
	fb->users++;
}

void xd_fb_detach(struct xd_fb *fb)
{
	struct xd_fb_addon *addon;

	/* the cookie's reference keeps the framebuffer and its addons */
	LIST_FOREACH(addon, &fb->addons, link)
		addon->detached(addon);
	fb->detached = true;
	xd_fb_put(fb);
}

void xd_fb_put(struct xd_fb *fb)
{
	struct xd_fb_addon *addon;

	if (!fb || --fb->users)
		return;
	LIST_REMOVE(fb, link);
	while ((addon = LIST_FIRST(&fb->addons)))
		addon->ended(addon);
	xd_guest_uncharge_framebuffer(fb->guest);
	xd_dbuf_put(fb->dbuf);
	free(fb);
}

void xd_fb_hang(struct xd_fb *fb, struct xd_fb_addon *addon)
{
	LIST_INSERT_HEAD(&fb->addons, addon, link);
}

/*
 * A card may have to be told that the CPU reads its memory.  Other memory is written by
 * processors alone, and there the call would only wait: for fences that a compositor can
 * put on a buffer which it was given.
 */
static int begin_reading(const struct xd_dbuf *buf)
{
	return buf->of_card ? xendmabuf_access_begin(buf->fd, XENDMABUF_READ)
			    : 0;
}

static int end_reading(const struct xd_dbuf *buf)
{
	return buf->of_card ? xendmabuf_access_end(buf->fd, XENDMABUF_READ) : 0;
}

int xd_fb_copy(const struct xd_fb *fb, const struct xd_rows *dst, uint32_t x,
	       uint32_t y)
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
	err = begin_reading(fb->dbuf);
	if (err)
		return err;
	err = xd_guard_copy(dst, &src, fb->desc.format, x, y);
	end = end_reading(fb->dbuf);
	return err ? err : end;
}
