/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds a connector of a card with a screen, and a CRTC and plane for it. */
#ifndef XD_OUTPUT_KMS_PIPE_H
#define XD_OUTPUT_KMS_PIPE_H

#include "output/kms-card.h"

/**
 * xd_kms_pipe_claim - take a connector with a screen, and a mode for @w x @h
 * @name: of the connector, "" for any that is free
 * @why: set on failure
 *
 * The caller sets the callbacks of the pipe, and gives it back by
 * xd_kms_leave().  The pipe holds a reference to the card.
 */
int xd_kms_pipe_claim(struct xd_kms_card *card, const char *name, uint32_t w,
		      uint32_t h, struct xd_kms_pipe **out,
		      struct xdc_reason *why);
/** xd_kms_pipe_free - nothing is under way, and no framebuffer is left */
void xd_kms_pipe_free(struct xd_kms_pipe *p);

#endif
