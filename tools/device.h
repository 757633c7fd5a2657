/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver's device, opened for one purpose */
#ifndef XT_DEVICE_H
#define XT_DEVICE_H

#include <stdint.h>
#include <xendmabuf.h>

/**
 * xt_device_open - open the device, say why not
 * @may: 0, or give up all but that with @domid, for life
 */
int xt_device_open(struct xendmabuf **x, uint16_t domid, unsigned int may);

#endif
