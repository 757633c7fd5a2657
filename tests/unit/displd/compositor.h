/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake compositor that draws nothing, in the test's own process and event loop */
#ifndef TEST_COMPOSITOR_H
#define TEST_COMPOSITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"

/* Settings of the compositor, and the state of its only window */
struct compositor {
	/* its behaviour */
	uint32_t dmabuf_version; /* 0: no linux-dmabuf */
	bool refuse; /* refuses dma-bufs */
	bool slow; /* answers for dma-bufs only in compositor_answer() */
	bool hold; /* releases buffers only in compositor_release() */
	bool hidden; /* sends no frame callbacks */
	int32_t width, height; /* of windows; 0: left to the client */
	bool fullscreen;

	/* its state */
	unsigned int surfaces, commits, frames_pending, params_pending;
	unsigned int dmabufs; /* existing buffers */
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

/** compositor_start - listen at this socket, in place of an old one */
void compositor_start(struct xdc_loop *loop, const char *path);
void compositor_stop(void);
/** compositor_mute - listen at this socket and never answer; NULL: stop that */
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
