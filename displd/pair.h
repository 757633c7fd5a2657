/* SPDX-License-Identifier: GPL-2.0-only */
/* Which input device of a guest belongs to which of its connectors. */
#ifndef XD_PAIR_H
#define XD_PAIR_H

#include <stdint.h>

struct xd_daemon;
struct xd_guest;

/**
 * xd_pair_inputs - a connector or input device of a guest has come or gone
 *
 * Finds out anew which belong together; nothing stays pressed.
 */
void xd_pair_inputs(struct xd_daemon *d, struct xd_guest *g);
/**
 * xd_pair_sizes - complete what a guest's new input devices say
 *
 * Sizes that their configuration leaves out are those of its connectors.
 */
void xd_pair_sizes(struct xd_daemon *d, uint16_t domid);

#endif
