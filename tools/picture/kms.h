/* SPDX-License-Identifier: GPL-2.0-only */
/* Shows a dma-buf on a screen: PRIME import, a framebuffer, and legacy mode
 * setting, which every driver supports.
 */
#ifndef XT_KMS_H
#define XT_KMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

#include "picture/picture.h"

/* What is wanted. */
struct kms_wish {
	const char *card; /* a path, or NULL for any */
	const char *connector; /* "Virtual-1", or NULL for any */
	const struct xt_picture *pic;
	int dmabuf;
	bool copy; /* copy into memory of the card's own instead */
};

struct kms {
	int fd;
	char card[64];
	char driver[32];
	char connector_name[32];
	uint32_t connector;
	uint32_t crtc;
	uint32_t fb;
	uint32_t handle; /* GEM handle of the framebuffer's memory */
	drmModeModeInfo mode;
	drmModeCrtc *before; /* what the CRTC showed before */
	const struct xt_picture *pic;
	int dmabuf; /* the caller's; with copy */
	const void *source; /* the dma-buf, mapped, with copy */
	void *own; /* the card's own memory, with copy */
	size_t own_size;
	uint32_t own_pitch;
	char why[800]; /* the last failure in words, with advice */
};

/**
 * kms_open - find a card, connector and mode that fit, and import
 *
 * If no card is named, cards that cannot import the dma-buf are skipped.
 * On failure k->why says more than the errno value, and nothing is left open.
 */
int kms_open(struct kms *k, const struct kms_wish *wish);

/** kms_show - set the mode and show the picture; kms_close() undoes it */
int kms_show(struct kms *k);

/** kms_refresh - the dma-buf's content has changed: show it */
int kms_refresh(struct kms *k);

/** kms_close - show what was shown before, and release everything */
void kms_close(struct kms *k);

#endif
