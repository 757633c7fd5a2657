/* SPDX-License-Identifier: GPL-2.0-only */
/* The process of one link: it alone reads what the peer says. */
#ifndef XCH_LINK_WORKER_H
#define XCH_LINK_WORKER_H

/* where a worker finds its socket to the daemon */
#define XCH_WORKER_FD 3

/**
 * xch_worker_run - serve a link until it ends, or the daemon does
 * @control: a socket to the daemon, see link/order.h; owned
 *
 * The first order says how the link is made.  Return: an exit status.
 */
int xch_worker_run(int control);

#endif
