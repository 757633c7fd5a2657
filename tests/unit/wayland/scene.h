/* SPDX-License-Identifier: GPL-2.0-only */
/* A bridge with some objects of every kind, and what it has sent. */
#ifndef XWL_UNIT_SCENE_H
#define XWL_UNIT_SCENE_H

#include <stdint.h>

#include "host/bridge/bridge.h"
#include "wire/fds.h"
#include "wire/record.h"

/* ids of the guest */
enum {
	REGISTRY = 2,
	COMPOSITOR,
	SUBCOMPOSITOR,
	SHM,
	SEAT,
	WM_BASE,
	VIEWPORTER,
	DMABUF,
	TEXT_INPUTS,
	DECORATIONS,
	OUTPUT,
	SURFACE, /* with xdg_surface, toplevel and viewport */
	XDG_SURFACE,
	TOPLEVEL,
	VIEWPORT,
	SURFACE2, /* without a role */
	REGION,
	POSITIONER,
	POINTER,
	BUFFER, /* inline, 8 x 8 */
	PARAMS,
	TEXT_INPUT,
	DECORATION,
	GONE, /* a region that the guest has destroyed */
	CALLBACK,
	FREE_ID,
	/* if the policy has a clipboard */
	DATA_MANAGER = 100,
	DATA_DEVICE,
	DATA_SOURCE,
	KEYBOARD,
	PRIMARY_MANAGER,
	PRIMARY_DEVICE,
};

/* names of globals at the compositor */
#define GLOBAL_HIDDEN 90U /* screencopy */
#define GLOBAL_POLICY \
	91U /* pointer constraints, which the policy does not allow */
#define GLOBAL_COMPOSITOR 1U
#define COMPOSITOR_VERSION 4U

struct scene {
	struct xwl_bridge bridge;
	struct xwl_policy policy;
	struct xwl_account account;
	struct xwl_fds fds; /* that come with the next record */
	unsigned int nr_requests, nr_events; /* that the bridge has sent */
	char sent[4096]; /* the last messages, one a line */
	/* what the guest's sub-surfaces were set to, each by its id in the guest */
	char modes[256];
	uint32_t highest; /* id that the compositor has been told of */
	bool closed; /* the compositor's socket takes nothing */
	bool busy; /* no content of the clipboard can be brought any more */
	uint64_t file; /* the inode of the last that was sent */
	unsigned int woken; /* bridges */
	int awaited; /* that the bridge wants to write, the last one */
};

extern struct scene scene;

/** scene_begin - with all objects; the policy may be changed before */
void scene_begin(void);
void scene_end(void);
/** scene_setup, scene_teardown - the same, for cmocka */
int scene_setup(void **state);
int scene_teardown(void **state);
/** scene_forget - of what was sent */
void scene_forget(void);

/** guest_record - as it comes from the channel */
int guest_record(const void *bytes, size_t len);
/** guest_raw - one message, as words */
int guest_raw(const uint32_t *words, unsigned int nr);
/**
 * guest_sends - a request by its name
 * @numbers: its ids and numbers, in order
 * @text: its first text; NULL: none
 */
int guest_sends(uint32_t id, const char *request, const int64_t *numbers,
		const char *text);
#define NUMBERS(...) ((const int64_t[]){ __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0 })

/** compositor_sends - an event, for the object that the guest knows as @id */
int compositor_sends(uint32_t id, const char *event, const int64_t *numbers,
		     const char *text);
/** compositor_says - the same, by the id at the compositor */
int compositor_says(uint32_t id, const char *event, const int64_t *numbers,
		    const char *text);
uint32_t compositor_id(uint32_t id);
/**
 * make_tree - the guest's surfaces 100, 101 ..., each a sub-surface of the one before
 * @depth: how many sub-surfaces: 200 is that of 101, and so on
 * @up: made from the bottom
 */
int make_tree(unsigned int depth, bool up);

#endif
