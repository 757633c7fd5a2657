/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver's device, opened for one purpose */
#ifndef XT_DEVICE_H
#define XT_DEVICE_H

#include <stdint.h>
#include <xendmabuf.h>

#include "system/node.h"

/** xt_device_refused - @err of xendmabuf_open(), in words */
void xt_device_refused(int err, struct xt_refusal *r);

/**
 * xt_device_open - open the device; tells the user why not
 * @may: the calls to keep the right to, with @domid alone; 0: keep all rights
 */
int xt_device_open(struct xendmabuf **x, uint16_t domid, unsigned int may);

#endif
