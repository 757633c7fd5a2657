/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's wl_buffers: memory that it shares, or pixels that it sends. */
#ifndef XWL_HOST_WINDOWS_BUFFERS_H
#define XWL_HOST_WINDOWS_BUFFERS_H

#include "host/bridge/bridge.h"
#include "host/windows/content.h"
#include "wire/fds.h"
#include "wire/handler.h"
#include "wire/record.h"

/* What is known of a wl_buffer; hangs on the guest's object, or on its parameters */
struct xwl_image {
	struct xwl_attached attached;
	enum xwl_way way;
	enum xwl_why why; /* it was copied, as the guest says */
	int32_t width, height; /* 0: unknown */
	struct xwl_charge *charge;
	/* the content of one that is sent, in memory of this process */
	uint8_t *bytes;
	size_t size;
	/* the dma-bufs that it is made of */
	int planes[XWL_PLANES_MAX];
	unsigned int nr_planes;
	bool awaited; /* the compositor has released it, but still reads */
};

/** xwl_image_of - NULL: nothing is known of it */
struct xwl_image *xwl_image_of(const struct xwl_object *buffer);

/* requests that a bridge must not pass on, or only with care */
extern const struct xwl_handler xwl_buffer_requests[];

/** xwl_buffers_created - an event: the compositor has made a wl_buffer of dma-bufs */
int xwl_buffers_created(void *bridge, struct xwl_object *o,
			struct xwl_message *m);

/**
 * xwl_buffers_released - an event: the compositor has released a wl_buffer
 *
 * Compositors say so while their devices still read, and leave it to fences that the
 * next to write waits for.  No fence crosses domains: so the guest hears of it when
 * nothing reads any more.
 */
int xwl_buffers_released(void *bridge, struct xwl_object *o,
			 struct xwl_message *m);
/**
 * xwl_buffers_idle - what was awaited has come: look again, and tell the guest
 * @id: of the guest's buffer
 * @serial: of it; an object that has the id since is another
 */
int xwl_buffers_idle(struct xwl_bridge *b, uint32_t id, uint32_t serial);

/**
 * xwl_buffers_create - a wl_buffer, through wl_shm
 * @why: it was copied
 * @fd: its memory, taken over; -1 if it is inline
 *
 * With the flag XWL_BUFFER_AGAIN, other memory for a buffer of the same shape.
 *
 * A dma-buf, or a memfd that cannot shrink: other memory could be cut off under the
 * compositor.  A pool is made for each buffer and never resized, which a dma-buf
 * that is mapped from another domain would refuse.
 *
 * EPROTO: the memory is no such memory, or too small.  EDQUOT: a limit.
 * EOPNOTSUPP: the compositor has no wl_shm.  ENOMEM.
 */
int xwl_buffers_create(struct xwl_bridge *b, const struct xwl_buffer_record *r,
		       enum xwl_why why, int fd);
/**
 * xwl_buffers_write - part of the content of an inline buffer
 *
 * EPROTO: there is no such buffer, or it is smaller.
 */
int xwl_buffers_write(struct xwl_bridge *b, const struct xwl_pixels_record *r,
		      const void *bytes, size_t len);

#endif
