/* SPDX-License-Identifier: GPL-2.0-only */
/* libdrm, with a card of one connector behind a FIFO, and a plane for each CRTC */
#ifndef FAKE_DRM_H
#define FAKE_DRM_H

#include <stdbool.h>
#include <stdint.h>

struct fake_drm {
	bool plugged; /* the connector has a screen */
	bool removed; /* the card is gone */
	bool taken; /* another program is master of all cards */
	const char *taken_path; /* or of the one behind this FIFO alone */
	bool copies; /* the driver copies, and has FB_DAMAGE_CLIPS */
	int crtcs; /* 1 or 2 */
	int lit; /* index of the CRTC that the console is on, -1: none */
	int commit_err;
	int prime_err; /* of importing a dma-buf, an errno value */
	int handle_err; /* of reading events, an errno value */
	unsigned int commits, fbs, blobs, dumbs, handles;
	uint32_t crtc; /* that the connector was put on last, an index */
	uint64_t dumb_size; /* of the last one */
	void *data; /* of the last flip that was accepted */
	int exported; /* what a dumb buffer is exported as, -1: not at all */
};

extern struct fake_drm drm;

/** fake_drm_event - the flip with @data is done */
void fake_drm_event(const char *path, void *data);

#endif
