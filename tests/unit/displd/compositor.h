/* SPDX-License-Identifier: GPL-2.0-only */
/* A Wayland compositor in the test's process and event loop; it draws nothing */
#ifndef TEST_COMPOSITOR_H
#define TEST_COMPOSITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"

#define COMPOSITOR_WINDOWS 4

/* How it treats a client that shows a dma-buf */
enum compositor_fault {
	FAULT_NONE,
	FAULT_PARAMS, /* error about the parameters, in place of a buffer */
	FAULT_SURFACE, /* error about the surface, when the buffer is attached */
	FAULT_DISPLAY, /* the same, about no object of the client's */
	FAULT_HANG_UP, /* no error, the connection is closed */
};

/* The table of formats of its feedback object */
enum compositor_table {
	TABLE_WHOLE,
	TABLE_SHORT, /* shorter than announced: its second entry is missing */
	TABLE_EMPTY, /* the same without any: to read a mapping of it raises SIGBUS */
	TABLE_PIPE, /* not a file in memory */
};

/* A window has the lowest free entry. */
struct compositor_window {
	bool shown, is_dmabuf;
	char title[64], app_id[64];
	uint32_t fourcc, offset, pitch;
	uint64_t modifier;
	int32_t buffer_width, buffer_height;
	uint32_t first_pixel; /* of shared memory */
	int32_t source_x, source_y, source_width, source_height;
	int32_t dest_width, dest_height;
};

struct compositor {
	/* how it behaves */
	uint32_t dmabuf_version; /* 0: it has none */
	bool no_grabs; /* no shortcuts-inhibit, pointer-constraints ... */
	bool refuse; /* dma-bufs */
	bool slow; /* no answer for dma-bufs until compositor_answer() */
	bool hold; /* buffers, until compositor_release() */
	bool hidden; /* no frames */
	enum compositor_fault fault;
	enum compositor_table table;
	int32_t width, height; /* asked for in configure; 0: any */
	bool fullscreen;

	/* what it has got from its clients */
	unsigned int surfaces, commits, frames_pending, params_pending;
	unsigned int dmabufs; /* buffers that exist */
	unsigned int cursors_hidden;
	unsigned int inhibitors, locks, relative_pointers; /* that exist */
	struct compositor_window windows[COMPOSITOR_WINDOWS];
};

extern struct compositor comp;

/** compositor_start - listen at @path, whose file is replaced */
void compositor_start(struct xdc_loop *loop, const char *path);
void compositor_stop(void);
/** compositor_mute - listen at @path, but never answer; NULL: stop that */
void compositor_mute(const char *path);
/** compositor_deaf - read and write nothing any more, or again */
void compositor_deaf(bool deaf);
/** compositor_flush - send the events of the functions below */
void compositor_flush(void);
unsigned int compositor_clients(void);
/** compositor_answer - for all dma-bufs that have no answer */
void compositor_answer(void);
/** compositor_feedback - announce other formats: those of @table, without @drop */
void compositor_feedback(uint32_t drop);
/** compositor_error - an error about the first window, without any reason */
void compositor_error(void);
/* for all windows: */
void compositor_release(void);
void compositor_draw(void);
void compositor_configure(void);

/* in the first window: */
void compositor_key(uint32_t code, bool pressed);
void compositor_focus(bool here);
/** compositor_focus_holding - the keyboard's focus alone, with pressed keys */
void compositor_focus_holding(const uint32_t *codes, size_t nr);
/* These modifiers of XKB are locked */
void compositor_modifiers(uint32_t locked);
void compositor_pointer(int32_t x, int32_t y);
void compositor_button(uint32_t code, bool pressed);
void compositor_wheel(int32_t clicks);
void compositor_touch(int32_t id, int32_t x, int32_t y);
void compositor_touch_up(int32_t id);
/** compositor_lock - the lock of the pointer that a client asked for is active */
void compositor_lock(bool active);
/** compositor_motion - of the pointer, in 256ths of a pixel */
void compositor_motion(int32_t dx, int32_t dy);

#endif
