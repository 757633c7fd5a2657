/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake libdrm: cards of one connector, CRTC and plane; a FIFO is the card's node */
#ifndef FAKE_DRM_H
#define FAKE_DRM_H

#include <stdbool.h>
#include <stdint.h>

struct fake_drm {
	bool plugged; /* the connector has a screen */
	bool removed; /* the card was unplugged */
	bool taken; /* another program has the card */
	const char *taken_path; /* the card that is taken, if only one is */
	bool copies; /* its driver copies what it shows, and takes damage */
	int commit_err;
	int prime_err; /* of a dma-buf's import, an errno value */
	int handle_err; /* of reading events, an errno value */
	unsigned int commits, fbs, blobs, dumbs, handles;
	uint64_t dumb_size; /* of the last one */
	void *data; /* of the last accepted flip */
	int exported; /* descriptor of an exported dumb buffer; -1: export fails */
};

extern struct fake_drm drm;

/** fake_drm_event - the flip with @data is done */
void fake_drm_event(const char *path, void *data);

#endif
