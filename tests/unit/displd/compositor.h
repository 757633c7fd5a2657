/* SPDX-License-Identifier: GPL-2.0-only */
/* A Wayland compositor in the test's process and event loop; it draws nothing */
#ifndef TEST_COMPOSITOR_H
#define TEST_COMPOSITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"

/* One window is enough for the tests. */
struct compositor {
	/* how it behaves */
	uint32_t dmabuf_version; /* 0: it has none */
	bool refuse; /* dma-bufs */
	bool slow; /* no answer for dma-bufs until compositor_answer() */
	bool hold; /* buffers, until compositor_release() */
	bool hidden; /* no frames */
	int32_t width, height; /* asked for in configure; 0: any */
	bool fullscreen;

	/* what it has got from its client */
	unsigned int surfaces, commits, frames_pending, params_pending;
	unsigned int dmabufs; /* buffers that exist */
	char title[64], app_id[64];
	bool shown, is_dmabuf;
	uint32_t fourcc, offset, pitch;
	uint64_t modifier;
	int32_t buffer_width, buffer_height;
	uint32_t first_pixel; /* of shared memory */
	int32_t source_x, source_y, source_width, source_height;
	int32_t dest_width, dest_height;
	unsigned int cursors_hidden;
};

extern struct compositor comp;

/** compositor_start - listen at @path, whose file is replaced */
void compositor_start(struct xdc_loop *loop, const char *path);
void compositor_stop(void);
/** compositor_mute - listen at @path, but never answer; NULL: stop that */
void compositor_mute(const char *path);
/** compositor_flush - send the events of the functions below */
void compositor_flush(void);
unsigned int compositor_clients(void);
void compositor_answer(void);
void compositor_release(void);
void compositor_draw(void);
void compositor_configure(void);

void compositor_key(uint32_t code, bool pressed);
void compositor_focus(bool here);
void compositor_pointer(int32_t x, int32_t y);
void compositor_wheel(int32_t clicks);
void compositor_touch(int32_t id, int32_t x, int32_t y);
void compositor_touch_up(int32_t id);

#endif
