/* SPDX-License-Identifier: GPL-2.0-only */
/* A screenshot: a copy of what a guest shows, a part in each turn of the loop, so
 * that no guest waits for it.
 */
#ifndef XD_VDISPL_SHOT_H
#define XD_VDISPL_SHOT_H

#include "common/loop.h"
#include "vdispl/copy.h"
#include "vdispl/fb.h"

struct xd_screen;

struct xd_shot {
	struct xdc_loop *loop;
	struct xd_fb_addon addon; /* on fb */
	struct xd_fb *fb; /* NULL: no copy is in progress */
	struct xd_rows dst;
	uint32_t x, y, row;
	bool maps; /* the buffer, which is mapped no longer than the copy takes */
	struct xdc_work more;
	/*
	 * Called once, in a later turn.  0: the picture is complete.  ECANCELED: the
	 * guest took it away meanwhile.  Others as xd_fb_copy()
	 */
	void (*done)(struct xd_shot *shot, int err);
};

/**
 * xd_shot_begin - copy the screen's picture, as XRGB8888
 * @shot: done() is set
 * @dst: stays until done() or xd_shot_cancel()
 *
 * ENODATA: the screen is off.
 */
int xd_shot_begin(struct xd_shot *shot, const struct xd_screen *s,
		  const struct xd_rows *dst);
/** xd_shot_cancel - done() is not called; also if no copy is in progress */
void xd_shot_cancel(struct xd_shot *shot);

#endif
