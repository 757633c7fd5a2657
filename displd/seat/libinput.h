/* SPDX-License-Identifier: GPL-2.0-only */
/* The keyboards, pointers and touch screens of this machine, by libinput. */
#ifndef XD_SEAT_LIBINPUT_H
#define XD_SEAT_LIBINPUT_H

struct xd_daemon;

/**
 * xd_libinput_start - what [input] of the configuration asks for, if anything
 *
 * Nobody else gets these devices' events any more.  EOPNOTSUPP: built without.
 */
int xd_libinput_start(struct xd_daemon *d);
void xd_libinput_stop(struct xd_daemon *d);

#endif
