/* SPDX-License-Identifier: GPL-2.0-only */
/* Notices graphics cards and screens that are plugged in and out. */
#ifndef XD_OUTPUT_HOTPLUG_H
#define XD_OUTPUT_HOTPLUG_H

#include <stdbool.h>
#include <stddef.h>

struct xd_hotplug;
struct xdc_loop;

/**
 * xd_hotplug_start - listen to the kernel
 * @changed: called with @user when cards and connectors have changed and no more
 * events come, and after the outputs whose screen is gone have been told
 *
 * Without it, outputs notice only when a flip fails.
 */
int xd_hotplug_start(struct xdc_loop *loop, void (*changed)(void *user),
		     void *user, struct xd_hotplug **out);
/** xd_hotplug_stop - @h may be NULL */
void xd_hotplug_stop(struct xd_hotplug *h);

/**
 * xd_uevent_is_drm - whether a message of the kernel is about DRM
 * @text: strings, each with its NUL
 */
bool xd_uevent_is_drm(const char *text, size_t len);

#endif
