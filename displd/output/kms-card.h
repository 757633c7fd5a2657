/* SPDX-License-Identifier: GPL-2.0-only */
/* A graphics card, opened once for all of its connectors that are in use. */
#ifndef XD_OUTPUT_KMS_CARD_H
#define XD_OUTPUT_KMS_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "common/loop.h"
#include "common/reason.h"

#define XD_KMS_PIPES 16
/* properties in which an earlier user of the card may have left something */
#define XD_KMS_NEUTRAL 16

struct xd_kms_pipe;

struct xd_kms_card {
	LIST_ENTRY(xd_kms_card) entry; /* of all open cards */
	char path[108]; /* as given first; other paths may lead to it, too */
	dev_t device; /* of what path leads to: a device has several names */
	ino_t inode; /* tells files apart that are no devices, as in tests */
	char driver[32];
	struct xdc_loop *loop;
	unsigned int users;
	struct xdc_source source; /* its fd is the card's */
	struct xdc_timer linger; /* closes the card when it has no users */
	struct xdc_timer probe; /* of the screens in use, after a hotplug event */
	bool gone; /* unplugged or broken: not given out any more */
	bool stalled; /* a page flip timed out: closed without delay */
	bool owned; /* was its master, and may be again without privileges */
	bool vblank; /* flips complete at the vertical blank */
	bool gpu; /* has a render node */
	bool cleared; /* what others had lit was switched off */
	uint32_t hung[XD_KMS_PIPES]; /* CRTCs, 0: none; see xd_kms_crtc_hung() */
	uint32_t number; /* of the last commit, of all pipes */
	struct xd_kms_pipe *pipes[XD_KMS_PIPES];
};

/* A framebuffer of the card; users embed it */
struct xd_kms_fb {
	SLIST_ENTRY(xd_kms_fb) entry; /* in the pipe's list of dead ones */
	uint32_t id; /* 0: none */
	uint32_t width, height;
	bool imported; /* else a dumb buffer in the mode's size */
	/* the framebuffer is removed */
	void (*removed)(struct xd_kms_fb *fb);
};

enum xd_kms_request {
	XD_KMS_NOTHING,
	XD_KMS_FLIP, /* another framebuffer */
	XD_KMS_SHOW, /* a framebuffer, with all other settings */
	XD_KMS_OFF,
};

/*
 * Plane, CRTC and connector, in use for one output alone.  kms-pipe.c finds
 * them, kms-commit.c shows framebuffers with them.  A pipe that its output has
 * left lives on until it is off.
 */
struct xd_kms_pipe {
	struct xd_kms_card *card;
	unsigned int slot; /* in card->pipes */
	uint32_t connector, crtc, plane;
	char name[32]; /* of the connector */
	uint32_t formats[64]; /* the plane's */
	unsigned int nr_formats;
	/* the driver may leave out what a flip did not announce */
	bool needs_flips;
	/* the driver begins at a framebuffer's corner, whatever is asked for */
	bool corner;
	struct {
		uint32_t connector_crtc, mode, active;
		uint32_t fb, crtc, src_x, src_y, src_w, src_h;
		uint32_t crtc_x, crtc_y, crtc_w, crtc_h;
	} prop;
	struct {
		uint32_t object, prop;
		uint64_t value;
	} neutral[XD_KMS_NEUTRAL];
	unsigned int nr_neutral;
	uint32_t width, height; /* the guest's, for which the mode was picked */
	drmModeModeInfo mode;
	uint32_t blob;

	/* set by the output; no callbacks once used is false */
	bool used;
	void *user;
	/* the flip under way is done */
	void (*flipped)(struct xd_kms_pipe *p);
	/* a framebuffer that was to be shown later cannot be shown */
	void (*refused)(struct xd_kms_pipe *p, struct xd_kms_fb *fb, int err);
	/* the screen or card is gone; must call xd_kms_leave() */
	void (*lost)(struct xd_kms_pipe *p);

	/* commits; see kms-commit.c */
	void (*committed)(struct xd_kms_pipe *p); /* the event has come */
	uint32_t number; /* of the last commit; other events are ignored */
	enum xd_kms_request doing; /* under way */
	enum xd_kms_request next; /* afterwards */
	struct xd_kms_fb *next_fb;
	uint32_t x, y; /* of framebuffers, at the screen's upper left */
	uint32_t src_x, src_y; /* of the plane, as set last */
	struct xd_kms_fb *front; /* on screen, or on its way there */
	bool lit;
	bool answer; /* flipped() will be called */
	uint64_t asked; /* when next was set */
	struct xdc_timer timeout; /* of the commit under way */
	struct xdc_timer retry; /* of next, while the card is busy */
	bool hung; /* a commit timed out, or the card is gone */
	bool stalled; /* the commit that timed out was of an imported one */
	bool vanished; /* the card has said ENODEV */
	bool gone; /* lost() is still to be called */
	SLIST_HEAD(xd_kms_fbs, xd_kms_fb) dead; /* to be removed */
};

/**
 * xd_kms_card_get - the card at @path, opened if it is not open yet
 * @why: set on failure
 *
 * The card may still be another program's, see xd_kms_card_master().
 */
int xd_kms_card_get(struct xdc_loop *loop, const char *path,
		    struct xd_kms_card **out, struct xdc_reason *why);
/** xd_kms_card_put - the last user's closes the card a little later */
void xd_kms_card_put(struct xd_kms_card *card);
/** xd_kms_card_is_open - @path leads to a card that is in use */
bool xd_kms_card_is_open(const char *path);
/**
 * xd_kms_card_master - set modes on the card from now on
 *
 * EBUSY: another program does.
 */
int xd_kms_card_master(struct xd_kms_card *card, struct xdc_reason *why);
/** xd_kms_stop - close cards without users now */
void xd_kms_stop(void);

/**
 * xd_kms_read_connector - what the kernel knows of a connector; may be NULL
 *
 * If this daemon has the card, the screen is asked for its modes first: only once, and
 * again after a hotplug event, as it takes long.
 */
drmModeConnector *xd_kms_read_connector(struct xd_kms_card *card, uint32_t id);
/* after the last hotplug event: a bad cable causes many, and a probe takes long */
#define XD_KMS_PROBE_DELAY (XDC_NS_PER_S / 4)

/**
 * xd_kms_hotplug - a card or screen was plugged in or out
 *
 * Calls lost() of pipes whose screen is gone, or whose link to the screen is
 * bad and has to be set up again; and XD_KMS_PROBE_DELAY later of those whose
 * screen was exchanged for one for which another mode is best.
 */
void xd_kms_hotplug(void);

/**
 * xd_kms_crtc_hung - a flip of the CRTC timed out
 *
 * It takes no other commit until the flip's event comes after all.
 */
void xd_kms_crtc_hung(struct xd_kms_card *card, uint32_t crtc);
bool xd_kms_crtc_is_hung(struct xd_kms_card *card, uint32_t crtc);

/** xd_kms_flip_data - user data for a commit, so that committed() is called */
void *xd_kms_flip_data(const struct xd_kms_pipe *p, uint32_t number);

#endif
