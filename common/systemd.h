/* SPDX-License-Identifier: GPL-2.0-only */
/* What a service tells systemd: sd_notify(3) without libsystemd. */
#ifndef XDC_SYSTEMD_H
#define XDC_SYSTEMD_H

/**
 * xdc_systemd_notify - tell systemd of @what, such as "READY=1"
 *
 * Does nothing if systemd did not start this program.  Does not block.
 */
void xdc_systemd_notify(const char *what);

#endif
