/* SPDX-License-Identifier: GPL-2.0-only */
/* How the agent reaches the host's half, for one program after the other.
 *
 * route-socket.h leads to a socket of this machine, route-channel.h to another domain.
 */
#ifndef XWL_AGENT_ROUTE_H
#define XWL_AGENT_ROUTE_H

#include "agent/maker.h"

/* What one program has of it */
struct xwl_passage {
	int socket; /* of type SOCK_SEQPACKET, which does not block */
	/* of dma-bufs of the program's memory; NULL: that is copied */
	struct xwl_maker *maker;
	/*
	 * The other half sees no memory but that of which this makes a dma-buf; NULL:
	 * it sees every file that is sent
	 */
	struct xwl_maker *across;
	/*
	 * What @news, which is readable then, tells of the passage.  0: nothing that
	 * matters.  Otherwise why it has failed, or that there are no more; @explain has
	 * words for it, or NULL.  NULL: it tells nothing
	 */
	int (*take_news)(struct xwl_passage *p);
	const char *(*explain)(int err);
	int news; /* its end closes it */
	/* after the socket was closed; NULL: nothing is left to do */
	void (*end)(struct xwl_passage *p);
};

struct xwl_route {
	/*
	 * Ask for a passage.  Return: 0: it is there.  1: it is not yet: @pending, which
	 * the caller closes, is readable when there is an answer.  Or a negative errno
	 * value.  Does not wait.
	 */
	int (*call)(struct xwl_route *r, int *pending, struct xwl_passage *out);
	/* Take the answer.  EAGAIN: there is none yet.  NULL: there is none to wait for */
	int (*answer)(struct xwl_route *r, int pending,
		      struct xwl_passage *out);
	/* why there is no passage, in words */
	const char *(*explain)(int err);
};

#endif
