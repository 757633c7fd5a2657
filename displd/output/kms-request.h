/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests for atomic mode setting. */
#ifndef XD_OUTPUT_KMS_REQUEST_H
#define XD_OUTPUT_KMS_REQUEST_H

#include "output/kms-card.h"

/**
 * xd_kms_try - make a request of the kernel, for the pipe as it is set
 * @fb: NULL for XD_KMS_OFF
 * @flags: DRM_MODE_ATOMIC_*
 */
int xd_kms_try(struct xd_kms_pipe *p, enum xd_kms_request what,
	       const struct xd_kms_fb *fb, uint32_t flags);
/**
 * xd_kms_clear - before the first commit on a card, which is that of @p
 *
 * Switches off what the console or another program has lit.  EBUSY: try again.
 * Any other failure is logged, and does not keep pictures from being shown.
 */
int xd_kms_clear(struct xd_kms_pipe *p);

#endif
