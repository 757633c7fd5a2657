// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "budget.h"
#include "common/container_of.h"
#include "vdispl/dbuf.h"
#include "vdispl/shot.h"
#include "vdispl/steps.h"

void xd_shot_cancel(struct xd_shot *shot)
{
	if (!shot->fb)
		return;
	xdc_loop_cancel(shot->loop, &shot->more);
	if (shot->maps)
		xd_dbuf_unmap(shot->fb->dbuf);
	LIST_REMOVE(&shot->addon, link);
	shot->fb = NULL;
}

static void end_shot(struct xd_shot *shot, int err)
{
	xd_shot_cancel(shot);
	shot->done(shot, err);
}

/* The guest may still show it, and a detached picture is as good as another */
static void fb_detached(struct xd_fb_addon *addon)
{
}

static void fb_ended(struct xd_fb_addon *addon)
{
	end_shot(container_of(addon, struct xd_shot, addon), -ECANCELED);
}

/* Copies the next @rows */
static int copy_rows(struct xd_shot *shot, uint32_t rows)
{
	const struct xd_rows dst = {
		.pixels = (uint8_t *)shot->dst.pixels +
			  (size_t)shot->row * shot->dst.pitch,
		.pitch = shot->dst.pitch,
		.width = shot->dst.width,
		.height = rows,
	};
	int err = xd_fb_copy(shot->fb, &dst, shot->x, shot->y + shot->row);

	shot->row += rows;
	return err;
}

static void copy_more(struct xdc_work *w)
{
	struct xd_shot *shot = container_of(w, struct xd_shot, more);
	uint32_t left = shot->dst.height - shot->row;
	uint32_t rows = (uint32_t)(XD_TURN_BYTES / shot->dst.pitch) + 1;
	int err = copy_rows(shot, rows < left ? rows : left);

	if (!err && rows < left)
		xdc_loop_later(shot->loop, w);
	else
		end_shot(shot, err);
}

int xd_shot_begin(struct xd_shot *shot, const struct xd_screen *s,
		  const struct xd_rows *dst)
{
	if (!s->current)
		return -ENODATA;
	shot->loop = s->loop;
	shot->fb = s->current;
	shot->dst = *dst;
	shot->x = s->x;
	shot->y = s->y;
	shot->row = 0;
	shot->maps = !shot->fb->dbuf->map;
	shot->more.run = copy_more;
	shot->addon.detached = fb_detached;
	shot->addon.ended = fb_ended;
	xd_fb_hang(shot->fb, &shot->addon);
	xdc_loop_later(shot->loop, &shot->more);
	return 0;
}
