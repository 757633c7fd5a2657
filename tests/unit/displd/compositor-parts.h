/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the compositor */
#ifndef TEST_COMPOSITOR_PARTS_H
#define TEST_COMPOSITOR_PARTS_H

#include <wayland-server.h>

#include "compositor.h"

/* User data of buffers made of dma-bufs */
struct compositor_dmabuf {
	int fd;
	int32_t width, height;
	uint32_t fourcc, offset, pitch;
	uint64_t modifier;
};

/** compositor_surface - the first window's wl_surface */
struct wl_resource *compositor_surface(void);
/** compositor_destroy - implementation of every request "destroy" */
void compositor_destroy(struct wl_client *client, struct wl_resource *resource);

void compositor_windows_add(struct wl_display *display);
void compositor_dmabuf_add(struct wl_display *display);
void compositor_seat_add(struct wl_display *display);
void compositor_grabs_add(struct wl_display *display);

#endif
