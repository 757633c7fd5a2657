/* SPDX-License-Identifier: GPL-2.0-only */
/* Input devices (xl's vkb with backend-type=linux) come, connect and go; Linux's
 * xen-kbdfront is at their other end.
 */
#ifndef XD_VKB_CONNECT_H
#define XD_VKB_CONNECT_H

#include <stdint.h>

#include "xenbus/device.h"

struct xd_kbd;

extern const struct xd_device_ops xd_kbd_ops;

/** xd_kbd_is_new - its guest has not looked at its sizes yet */
bool xd_kbd_is_new(struct xd_kbd *k);
/** xd_kbd_offer - @w x @h is its size, where its configuration has none */
void xd_kbd_offer(struct xd_kbd *k, uint32_t w, uint32_t h);

#endif
