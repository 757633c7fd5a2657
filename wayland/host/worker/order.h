/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host's half and its worker tell each other: datagrams with descriptors.
 *
 * Both ends are the same program, so the layout is that of this struct.
 */
#ifndef XWL_HOST_WORKER_ORDER_H
#define XWL_HOST_WORKER_ORDER_H

#include "host/policy/policy.h"

enum xwl_order_type {
	XWL_ORDER_POLICY = 1, /* to the worker, the first: what the guest may */
	XWL_ORDER_PROGRAM, /* to it: a program's channel, and its compositor socket */
	XWL_ORDER_CONTROL, /* to it: somebody who asks (control.h) */
	XWL_ORDER_READY, /* from it, once: it is in its sandbox */
	XWL_ORDERS_END
};

#define XWL_ORDER_FDS 2U

#define XWL_TROUBLE_MAX 128U

struct xwl_order {
	enum xwl_order_type type;
	struct xwl_policy policy; /* XWL_ORDER_POLICY */
	/* XWL_ORDER_CONTROL: why no program of the guest's can come now; empty: it can */
	char trouble[XWL_TROUBLE_MAX];
};

/** xwl_order_fds - how many descriptors come with an order of this type */
unsigned int xwl_order_fds(enum xwl_order_type type);
/**
 * xwl_order_send - without waiting; the descriptors stay the caller's
 *
 * EAGAIN: the other end does not read.  EPIPE: it has ended.
 */
int xwl_order_send(int socket, const struct xwl_order *order, const int *fds);
/**
 * xwl_order_receive - the descriptors become the caller's
 * @fds: gets as many as xwl_order_fds() says
 *
 * EAGAIN: there is none.  EPIPE: the other end has ended.  EPROTO.
 */
int xwl_order_receive(int socket, struct xwl_order *order,
		      int fds[XWL_ORDER_FDS]);

#endif
