// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "common/fd-socket.h"
#include "host/worker/order.h"
#include "wire/socket.h"

unsigned int xwl_order_fds(enum xwl_order_type type)
{
	switch (type) {
	case XWL_ORDER_PROGRAM:
		return 2;
	case XWL_ORDER_CONTROL:
		return 1;
	default:
		return 0;
	}
}

int xwl_order_send(int socket, const struct xwl_order *order, const int *fds)
{
	ssize_t n = xdc_socket_send(socket, order, sizeof(*order), fds,
				    xwl_order_fds(order->type));

	return n < 0 ? (int)n : 0;
}

static bool is_whole(const struct xwl_order *order, ssize_t len,
		     unsigned int nr_fds)
{
	return len == (ssize_t)sizeof(*order) &&
	       order->type >= XWL_ORDER_POLICY &&
	       order->type < XWL_ORDERS_END &&
	       nr_fds == xwl_order_fds(order->type);
}

int xwl_order_receive(int socket, struct xwl_order *order,
		      int fds[XWL_ORDER_FDS])
{
	struct xwl_fds got = { .nr = 0 };
	ssize_t n = xwl_socket_receive(socket, order, sizeof(*order), &got);
	unsigned int i;

	if (!n)
		return -EPIPE;
	if (n == -EAGAIN)
		return -EAGAIN;
	if (!is_whole(order, n, got.nr)) {
		xwl_fds_drop(&got, got.nr);
		return n < 0 ? (int)n : -EPROTO;
	}
	for (i = 0; i < got.nr; i++)
		fds[i] = got.fd[i];
	return 0;
}
