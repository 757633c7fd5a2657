/* SPDX-License-Identifier: GPL-2.0-only */
/* Two sockets, or a socket and standard input and output, joined into one */
#ifndef XT_RELAY_H
#define XT_RELAY_H

#include <stdbool.h>

/* One end.  @in and @out may be the same descriptor. */
struct xt_end {
	int in, out;
	bool socket; /* descriptors cross, too */
	bool datagrams;
};

/**
 * xt_relay - carry bytes and descriptors both ways until both ends have finished
 *
 * Or, if @b is no socket, until @a has.  Closes nothing, and shuts down sockets.
 * Returns 0 or a negative errno value of an end that failed.
 */
int xt_relay(const struct xt_end *a, const struct xt_end *b);

#endif
