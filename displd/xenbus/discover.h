/* SPDX-License-Identifier: GPL-2.0-only */
/* Which devices there are: found in xenstore, and watched there. */
#ifndef XD_XENBUS_DISCOVER_H
#define XD_XENBUS_DISCOVER_H

struct xd_daemon;

/** xd_discover_start - watch, and look at every device that is there already */
int xd_discover_start(struct xd_daemon *d);
void xd_discover_stop(struct xd_daemon *d);

#endif
