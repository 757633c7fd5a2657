/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A listening socket in the loop.  While descriptors or memory are short, its
 * connections wait in the kernel: a socket that stays readable would otherwise
 * keep the loop busy.
 */
#ifndef XDC_LISTENER_H
#define XDC_LISTENER_H

#include "common/loop.h"

struct xdc_listener {
	struct xdc_source source;
	struct xdc_timer retry;
	struct xdc_loop *loop;
	const char *name; /* for messages; the owner keeps it */
	void (*accepted)(struct xdc_listener *l, int fd);
	bool refused; /* and logged; connections wait */
};

/**
 * xdc_listener_start - accept the connections of @fd, a socket that listens
 * @fd: non-blocking; the listener owns it if the call succeeds
 * @accepted: gets each connection, non-blocking and close-on-exec, and owns it
 *
 * Returns 0 or a negative errno value.
 */
int xdc_listener_start(struct xdc_listener *l, struct xdc_loop *loop, int fd,
		       const char *name,
		       void (*accepted)(struct xdc_listener *l, int fd));
/** xdc_listener_stop - close the socket, also to those that wait */
void xdc_listener_stop(struct xdc_listener *l);

#endif
