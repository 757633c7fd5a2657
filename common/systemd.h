/* SPDX-License-Identifier: GPL-2.0-only */
/* What a service tells systemd, and gets from it: sd_notify(3) and
 * sd_listen_fds(3) without libsystemd.
 */
#ifndef XDC_SYSTEMD_H
#define XDC_SYSTEMD_H

/**
 * xdc_systemd_notify - tell systemd of @what, such as "READY=1"
 *
 * Does nothing if systemd did not start this program.  Does not block.
 */
void xdc_systemd_notify(const char *what);
/**
 * xdc_systemd_socket - a listening socket at @path that systemd has made
 * @type: SOCK_STREAM or SOCK_SEQPACKET
 *
 * Return: a new descriptor, which does not block.  systemd has the socket, too: it
 * and its path outlive this program.  ENOENT: systemd gave none for this path.
 * EPROTOTYPE: it is not of @type.  Or another error of the system.
 */
int xdc_systemd_socket(const char *path, int type);

#endif
