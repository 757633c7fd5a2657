/* SPDX-License-Identifier: GPL-2.0-only */
/* A graphics card, opened once however many of its connectors are in use. */
#ifndef XD_OUTPUT_KMS_CARD_H
#define XD_OUTPUT_KMS_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "common/loop.h"
#include "common/reason.h"

#define XD_KMS_PIPES 16

struct xd_kms_pipe;

struct xd_kms_card {
	struct xd_kms_card *next;
	char path[108];
	char driver[32];
	struct xdc_loop *loop;
	unsigned int users;
	struct xdc_source source; /* its fd is the card's */
	bool gone; /* unplugged, or broken */
	bool vblank; /* flips end when the screen has been drawn */
	struct xd_kms_pipe *pipes[XD_KMS_PIPES];
};

/* From memory to connector; nobody else has its parts meanwhile. */
struct xd_kms_pipe {
	struct xd_kms_card *card;
	unsigned int slot; /* in card->pipes */
	uint32_t connector, crtc, plane;
	char name[32]; /* of the connector */
	uint32_t formats[64]; /* the plane's */
	unsigned int nr_formats;
	bool damage; /* the driver copies or sends what it is told has changed */
	struct {
		uint32_t connector_crtc, mode, active;
		uint32_t fb, crtc, src_x, src_y, src_w, src_h;
		uint32_t crtc_x, crtc_y, crtc_w, crtc_h;
	} prop;
	drmModeModeInfo mode;
	uint32_t blob;
	uint32_t number; /* of the flip under way; others are over */
	/* that flip is done */
	void (*flipped)(struct xd_kms_pipe *p);
	bool gone; /* to be told: */
	/* its screen or card is gone; xd_kms_pipe_release() is to follow */
	void (*lost)(struct xd_kms_pipe *p);
};

/**
 * xd_kms_card_get - the card at @path, opened if it is not open yet
 * @why: set on failure
 */
int xd_kms_card_get(struct xdc_loop *loop, const char *path,
		    struct xd_kms_card **out, struct xdc_reason *why);
void xd_kms_card_put(struct xd_kms_card *card);

/**
 * xd_kms_pipe_claim - a connector with a screen, and a mode for @w x @h
 * @name: of the connector, "" for any that is free
 * @why: set on failure
 */
int xd_kms_pipe_claim(struct xd_kms_card *card, struct xd_kms_pipe *p,
		      const char *name, uint32_t w, uint32_t h,
		      struct xdc_reason *why);
void xd_kms_pipe_release(struct xd_kms_pipe *p);

/**
 * xd_kms_hotplug - something was plugged in or out
 *
 * Calls lost() of pipes whose screen is not there any more.
 */
void xd_kms_hotplug(void);

/** xd_kms_flip_data - what to give the kernel, so that flipped() is called */
void *xd_kms_flip_data(const struct xd_kms_pipe *p, uint32_t number);

#endif
