/* SPDX-License-Identifier: GPL-2.0-only */
/* What a worker may use of the driver: dma-bufs of one peer, and nothing else. */
#ifndef XCH_DEVICE_H
#define XCH_DEVICE_H

#include "daemon.h"

/**
 * xch_device_open - /dev/xen/dmabuf, restricted for ever to the peer
 *
 * Negative: channels carry bytes only; the reason is logged once.
 */
int xch_device_open(struct xch_daemon *d, uint16_t domid);
/** xch_device_close - ignores negative ones */
void xch_device_close(int fd);
/** xch_device_prepare - open and make what all workers need */
void xch_device_prepare(struct xch_daemon *d);
void xch_device_finish(struct xch_daemon *d);

#endif
