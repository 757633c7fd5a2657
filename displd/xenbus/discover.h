/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the devices in xenstore, and watches for changes. */
#ifndef XD_XENBUS_DISCOVER_H
#define XD_XENBUS_DISCOVER_H

struct xd_daemon;

/** xd_discover_start - watch xenstore, and add the devices found there */
int xd_discover_start(struct xd_daemon *d);
/** xd_discover_scan - look at all devices, some of which may be allowed now */
void xd_discover_scan(struct xd_daemon *d);
void xd_discover_stop(struct xd_daemon *d);

#endif
