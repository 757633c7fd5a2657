/* SPDX-License-Identifier: GPL-2.0-only */
/* Assigns the input devices of a guest to its connectors. */
#ifndef XD_PAIR_H
#define XD_PAIR_H

#include <stdint.h>

struct xd_daemon;
struct xd_guest;

/**
 * xd_pair_inputs - assign a guest's input devices to its connectors anew
 *
 * For when one of either was added or removed.  Releases all keys.
 */
void xd_pair_inputs(struct xd_daemon *d, struct xd_guest *g);
/**
 * xd_pair_sizes - complete the sizes of a guest's new input devices
 *
 * Sizes that the toolstack has not set become those of the connectors.
 */
void xd_pair_sizes(struct xd_daemon *d, uint16_t domid);

#endif
