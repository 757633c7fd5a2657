/* SPDX-License-Identifier: GPL-2.0-only */
/* A dma-buf on a screen: PRIME, a framebuffer, and the legacy mode setting
 * that every driver has.
 */
#ifndef XD_KMS_H
#define XD_KMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

#include "share.h"

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
	uint32_t handle; /* what the framebuffer is made of */
	drmModeModeInfo mode;
	drmModeCrtc *before;
	const struct xt_picture *pic;
	int dmabuf; /* copied from; the caller's */
	const void *source; /* the dma-buf, mapped, with copy */
	void *own; /* the card's own memory, with copy */
	size_t own_size;
	uint32_t own_pitch;
	char why[320]; /* the last failure in words, with advice */
};

/**
 * kms_open - find a card, connector and mode that fit, and import
 *
 * With no card named, cards that cannot import the dma-buf are passed over.
 * On failure k->why says more than the errno value, and nothing is left open.
 */
int kms_open(struct kms *k, const struct kms_wish *wish);

/** kms_show - put it on the screen, remembering what was there */
int kms_show(struct kms *k);

/** kms_refresh - its content has changed */
int kms_refresh(struct kms *k);

/** kms_close - what was on the screen before comes back; imports are let go */
void kms_close(struct kms *k);

#endif
