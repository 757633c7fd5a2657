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

/* What is to be taken while they are joined, such as a channel's events */
struct xt_watch {
	int fd; /* -1: none */
	/* it is readable */
	void (*ready)(struct xt_watch *watch);
};

/**
 * xt_relay - carry bytes and descriptors both ways until both ends have finished
 *
 * Or, if @b is no socket, until @a has.  Closes nothing, and shuts down sockets.
 * Returns 0 or a negative errno value of an end that failed.
 */
int xt_relay(const struct xt_end *a, const struct xt_end *b,
	     struct xt_watch *watch);

#endif
