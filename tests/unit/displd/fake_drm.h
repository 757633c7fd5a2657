/* SPDX-License-Identifier: GPL-2.0-only */
/* libdrm and the kernel behind it: one card, on all paths that the test has made
 * a FIFO at.  /dev/dri and /sys are in a folder of the test's.
 */
#ifndef FAKE_DRM_H
#define FAKE_DRM_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_CONNECTORS 3
#define FAKE_CRTCS 3
#define FAKE_MODES 2

struct fake_mode {
	uint16_t width, height; /* 0: none */
};

struct fake_connector {
	bool plugged; /* has a screen */
	struct fake_mode modes[FAKE_MODES]; /* of the screen */
	struct fake_mode read[FAKE_MODES]; /* the kernel has asked it for these */
	uint32_t possible; /* CRTCs, as bits */
	unsigned int probes;
};

struct fake_crtc {
	void *data; /* of its last commit */
	bool busy; /* its event is not sent yet */
};

struct fake_drm {
	int connectors, crtcs; /* numbers of them */
	struct fake_connector connector[FAKE_CONNECTORS];
	struct fake_crtc crtc[FAKE_CRTCS];
	uint32_t planes[FAKE_CRTCS]; /* CRTCs of each primary plane, as bits */
	bool removed; /* the card is gone */
	bool taken; /* another program is master of all cards */
	const char *taken_path; /* or of the one behind this FIFO alone */
	const char *denied; /* the name of a card that may not be opened */
	bool damage; /* the driver has FB_DAMAGE_CLIPS */
	bool no_vblank;
	bool gpu; /* has a render node */
	int commit_err; /* an errno value, of all commits */
	int fail_once; /* or of the next one alone */
	int prime_err; /* of importing a dma-buf, an errno value */
	int handle_err; /* of reading events, an errno value */
	unsigned int commits, modesets, fbs, blobs, dumbs, handles;
	unsigned int waits; /* commits that would have waited for the card */
	unsigned int torn; /* framebuffers removed while on screen */
	unsigned int closed; /* framebuffers left to the card */
	unsigned int seized; /* times that a file of ours became master */
	uint64_t dumb_size; /* of the last one */
	void *data; /* of the last commit that was accepted */
	int exported; /* what a dumb buffer is exported as, -1: not at all */
	int files; /* of cards that are open */
	void (*committed)(void); /* a commit was accepted that has an event */
};

extern struct fake_drm drm;
extern const char *fake_drm_folder;

/** fake_drm_reset - a card of one connector, with a screen, and one CRTC */
void fake_drm_reset(void);
/** fake_drm_light - as the console or another program does; indices */
void fake_drm_light(int connector, int crtc);
/** fake_drm_set - what another program has left */
void fake_drm_set(uint32_t object, const char *name, uint64_t value);
uint64_t fake_drm_get(uint32_t object, const char *name);
/* ids of objects, from indices */
uint32_t fake_drm_connector(int i);
uint32_t fake_drm_crtc(int i);
uint32_t fake_drm_plane(int i);
uint32_t fake_drm_cursor(int i);
/** fake_drm_lit_by - index of the CRTC that a connector is on, -1: none */
int fake_drm_lit_by(int connector);

/** fake_drm_event - the commit with @data is done */
void fake_drm_event(const char *path, void *data);
/** fake_drm_events - all commits are done */
void fake_drm_events(const char *path);

#endif
