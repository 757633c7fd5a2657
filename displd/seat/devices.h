/* SPDX-License-Identifier: GPL-2.0-only */
/* The seat and its devices, as the configuration in use says. */
#ifndef XD_SEAT_DEVICES_H
#define XD_SEAT_DEVICES_H

struct xd_config;
struct xd_daemon;

/** xd_devices_start - a failure is logged, and leaves the seat without devices */
void xd_devices_start(struct xd_daemon *d);
/** xd_devices_reload - the configuration was @former, and is another one now */
void xd_devices_reload(struct xd_daemon *d, const struct xd_config *former);
void xd_devices_stop(struct xd_daemon *d);

#endif
