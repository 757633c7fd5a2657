// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "common/fd-socket.h"
#include "link/order.h"

int xch_order_send(int socket, const struct xch_order *order, const int *fds,
		   unsigned int nr_fds)
{
	ssize_t n = xdc_socket_send(socket, order, sizeof(*order), fds, nr_fds);

	return n < 0 ? (int)n : 0;
}

static bool is_text(const char *text, size_t len)
{
	return memchr(text, '\0', len);
}

/* CONNECT and ACCEPT bring a socket or two, LINK all but perhaps the driver */
static bool has_its_fds(const struct xch_order *o, unsigned int nr_fds)
{
	switch (o->type) {
	case XCH_ORDER_LINK:
		return nr_fds == XCH_ORDER_DRIVER + (unsigned)o->link.driver +
					 (unsigned)o->link.idle +
					 (unsigned)o->link.udmabuf;
	case XCH_ORDER_CONNECT:
	case XCH_ORDER_ACCEPT:
		return nr_fds == 1 + (unsigned)o->notifier;
	case XCH_ORDER_REFUSE:
	case XCH_ORDER_STATUS:
	case XCH_ORDER_PING:
		return !nr_fds;
	default:
		return false;
	}
}

int xch_order_receive(int socket, struct xch_order *order, int *fds,
		      unsigned int *nr_fds)
{
	int got[XDC_SOCKET_FDS];
	ssize_t n =
		xdc_socket_receive(socket, order, sizeof(*order), got, nr_fds);

	if (n < 0)
		return (int)n;
	if (n != sizeof(*order) || !has_its_fds(order, *nr_fds) ||
	    !is_text(order->service, sizeof(order->service))) {
		xdc_close_all(got, nr_fds);
		return n ? -EPROTO : -EPIPE;
	}
	memcpy(fds, got, *nr_fds * sizeof(*fds));
	return 0;
}

int xch_news_send(int socket, const struct xch_news *news)
{
	ssize_t n = xdc_socket_send(socket, news, sizeof(*news), NULL, 0);

	return n < 0 ? (int)n : 0;
}

/* From a process that parses what another domain says */
int xch_news_receive(int socket, struct xch_news *news)
{
	ssize_t n = xdc_socket_receive_data(socket, news, sizeof(*news));

	if (n < 0)
		return (int)n;
	if (!n)
		return -EPIPE;
	if (n != sizeof(*news) || news->type < XCH_NEWS_READY ||
	    news->type >= XCH_NEWS_TYPES_END || news->err > 0 ||
	    news->err < -(int)XCH_ERRNO_MAX ||
	    !is_text(news->service, sizeof(news->service)))
		return -EPROTO;
	if (news->type == XCH_NEWS_ASKED &&
	    (!xch_service_valid(news->service, strlen(news->service)) ||
	     (news->channel_type != XCH_STREAM &&
	      news->channel_type != XCH_SEQPACKET)))
		return -EPROTO;
	return 0;
}
