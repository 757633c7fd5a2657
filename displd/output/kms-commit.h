/* SPDX-License-Identifier: GPL-2.0-only */
/* What a pipe shows: framebuffers, by atomic mode setting.
 *
 * No call waits for the card.  One commit is under way at most, and what is
 * asked for meanwhile is committed afterwards, the newest request alone.
 */
#ifndef XD_OUTPUT_KMS_COMMIT_H
#define XD_OUTPUT_KMS_COMMIT_H

#include "output/kms-card.h"

/** xd_kms_pipe_start - before the first request; its timers */
void xd_kms_pipe_start(struct xd_kms_pipe *p);

/**
 * xd_kms_show - set the mode, and show @fb from its pixel @x, @y on
 *
 * Also when it is shown already.  No flipped() will come for an earlier flip.
 * Errors of later are given to refused().
 */
int xd_kms_show(struct xd_kms_pipe *p, struct xd_kms_fb *fb, uint32_t x,
		uint32_t y);
/**
 * xd_kms_flip - show @fb at the next vertical blank, then call flipped()
 *
 * Sets the mode if the pipe is off.
 */
int xd_kms_flip(struct xd_kms_pipe *p, struct xd_kms_fb *fb);
/** xd_kms_off - the same holds as for xd_kms_show() */
void xd_kms_off(struct xd_kms_pipe *p);
/** xd_kms_remove - remove @fb as soon as it is not on screen, call removed() */
void xd_kms_remove(struct xd_kms_pipe *p, struct xd_kms_fb *fb);
/** xd_kms_leave - switch off, and free the pipe then; no more callbacks */
void xd_kms_leave(struct xd_kms_pipe *p);

#endif
