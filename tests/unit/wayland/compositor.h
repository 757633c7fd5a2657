/* SPDX-License-Identifier: GPL-2.0-only */
/* A compositor of the tests' own, by libwayland-server: a process that shows nothing
 * and notes what it was asked for. */
#ifndef XWL_UNIT_COMPOSITOR_H
#define XWL_UNIT_COMPOSITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What it has seen, in memory that it shares with the test */
struct seen {
	char title[512], app_id[512];
	uint64_t pixels; /* hash of the last frame */
	int32_t width, height;
	unsigned int commits, clients;
	/* of security contexts: what was set last, and clients that came by one */
	char engine[64], sandboxed_as[64];
	unsigned int sandboxed;
	char pasted[64]; /* what its clients have copied last */
};

extern struct seen *seen;

#define CLIPBOARD "what others have copied"
#define KEYMAP "xkb_keymap { of the compositor };"

/** compositor_has_contexts - it was built with security-context-v1 */
bool compositor_has_contexts(void);
/** compositor_start - listens in $XDG_RUNTIME_DIR; returns its process id */
pid_t compositor_start(const char *name);
/** compositor_copy - another client, which has no window, copies CLIPBOARD */
void compositor_copy(pid_t pid);
void compositor_stop(pid_t pid);

/** hash_pixels - of an image without what is behind its rows */
uint64_t hash_pixels(const void *pixels, int32_t width, int32_t height,
		     int32_t stride);

#endif
