/* SPDX-License-Identifier: GPL-2.0-only */
/* Cards and screens that are plugged in and out, as the kernel tells. */
#ifndef XD_OUTPUT_HOTPLUG_H
#define XD_OUTPUT_HOTPLUG_H

#include <stdbool.h>
#include <stddef.h>

struct xd_daemon;

/** xd_hotplug_start - without it, what comes is noticed later */
int xd_hotplug_start(struct xd_daemon *d);
void xd_hotplug_stop(struct xd_daemon *d);

/** xd_uevent_is_drm - @text: of the kernel's, strings with a NUL each */
bool xd_uevent_is_drm(const char *text, size_t len);

#endif
