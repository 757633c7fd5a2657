/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's timelines (drm_syncobj), by a render node of this domain that has them. */
#ifndef XWL_AGENT_SYNC_DEVICE_H
#define XWL_AGENT_SYNC_DEVICE_H

#include <stdint.h>

/* What programs can synchronise with here, each beside those before it */
enum xwl_sync_by { XWL_SYNC_NOTHING, XWL_SYNC_FENCES, XWL_SYNC_TIMELINES };

struct xwl_sync_device {
	enum xwl_sync_by by;
	int fd; /* of the one with timelines; -1: none */
};

/**
 * xwl_sync_device_open - of those that this user may open
 *
 * Always succeeds.  Debian 12's libdrm is too old for timelines.
 */
void xwl_sync_device_open(struct xwl_sync_device *d);
void xwl_sync_device_close(struct xwl_sync_device *d);

/** xwl_sync_import - a timeline that a program has sent.  EINVAL: it is none.  ENOMEM */
int xwl_sync_import(int device, int fd, uint32_t *handle);
void xwl_sync_forget(int device, uint32_t handle);
/**
 * xwl_sync_eventfd - readable when a point has signalled, which need not exist yet
 *
 * Return: the caller's.  EMFILE, ENOMEM.
 */
int xwl_sync_eventfd(int device, uint32_t handle, uint64_t point);
/** xwl_sync_signal - a point, and those before it */
int xwl_sync_signal(int device, uint32_t handle, uint64_t point);

#endif
