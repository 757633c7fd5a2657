/* SPDX-License-Identifier: GPL-2.0-only */
/* Shares out things of which each can serve one user, such as the CRTCs of a
 * card among its connectors.
 */
#ifndef XDC_MATCH_H
#define XDC_MATCH_H

#include <stdint.h>

#define XDC_MATCH_MAX 32

/**
 * xdc_match_pick - the thing that the first user gets
 * @wants: for each of @n users one bit a thing that would do; at most
 * XDC_MATCH_MAX users, those behind them are ignored
 * @prefer: things that the first user gets rather than others, in this order
 * @nr_prefer: number of masks in @prefer
 *
 * The first user gets a thing without which as many of the others as possible
 * can still be served, and earlier users rather than later ones.  Among such
 * things the order is that of @prefer, then that of the bits.
 *
 * Returns the number of the thing's bit, or -1 if nothing would do.
 */
int xdc_match_pick(const uint32_t *wants, unsigned int n,
		   const uint32_t *prefer, unsigned int nr_prefer);

#endif
