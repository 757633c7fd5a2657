/* SPDX-License-Identifier: GPL-2.0-only */
/* The control socket of "xen-displd status" and "xen-displd screenshot". */
#ifndef XD_CONTROL_H
#define XD_CONTROL_H

#include <stdbool.h>
#include <stdio.h>

struct xd_daemon;

#define XD_CONTROL_PATH "/run/xen-displd/control"

/**
 * xd_control_start - listen at @path
 *
 * EADDRINUSE: another daemon listens there.  EEXIST: @path is not a socket.
 */
int xd_control_start(struct xd_daemon *d, const char *path);
void xd_control_stop(struct xd_daemon *d);

/* The client's end: both print what is wrong, and return an exit status. */
int xd_client_status(const char *path, bool json, FILE *out);
int xd_client_screenshot(const char *path, const char *guest, const char *file);

#endif
