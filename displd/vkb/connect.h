/* SPDX-License-Identifier: GPL-2.0-only */
/* Input devices (xl's vkb with backend-type=linux): connecting them to Linux's
 * xen-kbdfront.
 */
#ifndef XD_VKB_CONNECT_H
#define XD_VKB_CONNECT_H

#include <stdint.h>

#include "xenbus/device.h"
#include "kind.h"

struct xd_kbd;

extern const struct xd_device_ops xd_kbd_ops;
/* the same devices in backend/vkbd, where the configuration allows it */
extern const struct xd_device_ops xd_vkbd_ops;

/** xd_kbd_is_new - the guest has not read the device's sizes yet */
bool xd_kbd_is_new(struct xd_kbd *k);
/**
 * xd_kbd_offer - write @w x @h as the sizes that the toolstack left out
 * @kind: XD_POINTER or XD_TOUCH
 */
void xd_kbd_offer(struct xd_kbd *k, enum xd_kind kind, uint32_t w, uint32_t h);

#endif
