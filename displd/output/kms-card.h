/* SPDX-License-Identifier: GPL-2.0-only */
/* A graphics card, opened once for all of its connectors that are in use. */
#ifndef XD_OUTPUT_KMS_CARD_H
#define XD_OUTPUT_KMS_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "common/loop.h"
#include "common/reason.h"

#define XD_KMS_PIPES 16

struct xd_kms_pipe;

struct xd_kms_card {
	LIST_ENTRY(xd_kms_card) entry; /* of all open cards */
	char path[108];
	char driver[32];
	struct xdc_loop *loop;
	unsigned int users;
	struct xdc_source source; /* its fd is the card's */
	bool gone; /* unplugged or broken: not given out any more */
	bool vblank; /* flips complete at the vertical blank */
	struct xd_kms_pipe *pipes[XD_KMS_PIPES];
};

/* Plane, CRTC and connector, in use for one output alone. */
struct xd_kms_pipe {
	struct xd_kms_card *card;
	unsigned int slot; /* in card->pipes */
	uint32_t connector, crtc, plane;
	char name[32]; /* of the connector */
	uint32_t formats[64]; /* the plane's */
	unsigned int nr_formats;
	bool damage; /* the driver copies or sends the damaged parts of images */
	struct {
		uint32_t connector_crtc, mode, active;
		uint32_t fb, crtc, src_x, src_y, src_w, src_h;
		uint32_t crtc_x, crtc_y, crtc_w, crtc_h;
	} prop;
	drmModeModeInfo mode;
	uint32_t blob;
	uint32_t number; /* of the flip under way; events of others are ignored */
	/* the flip under way is done */
	void (*flipped)(struct xd_kms_pipe *p);
	bool gone; /* lost() is still to be called */
	/* the screen or card is gone; must call xd_kms_pipe_release() */
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
 * xd_kms_pipe_claim - take a connector with a screen, and a mode for @w x @h
 * @name: of the connector, "" for any that is free
 * @why: set on failure
 */
int xd_kms_pipe_claim(struct xd_kms_card *card, struct xd_kms_pipe *p,
		      const char *name, uint32_t w, uint32_t h,
		      struct xdc_reason *why);
void xd_kms_pipe_release(struct xd_kms_pipe *p);

/**
 * xd_kms_hotplug - a card or screen was plugged in or out
 *
 * Calls lost() of pipes whose screen is gone.
 */
void xd_kms_hotplug(void);

/** xd_kms_flip_data - user data for a page flip, so that flipped() is called */
void *xd_kms_flip_data(const struct xd_kms_pipe *p, uint32_t number);

#endif
