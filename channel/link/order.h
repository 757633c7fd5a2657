/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon and a link's worker say to each other: datagrams with
 * descriptors, of one fixed size each way.
 *
 * Both are the same program.  The daemon orders; the worker, which alone reads
 * what the peer says, may have been taken over by it, so the daemon checks its
 * news.
 */
#ifndef XCH_LINK_ORDER_H
#define XCH_LINK_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "link/frame.h"
#include "link/kind.h"
#include "link/ring.h"

enum xch_order_type {
	XCH_ORDER_LINK = 1, /* the first: how the link is made */
	XCH_ORDER_CONNECT, /* open a channel for this socket */
	XCH_ORDER_ACCEPT, /* join this socket to the peer's channel */
	XCH_ORDER_REFUSE, /* the peer's channel, with err */
	XCH_ORDER_STATUS, /* answered by XCH_NEWS_STATUS */
	XCH_ORDER_PING, /* answered by XCH_NEWS_PONG */
	XCH_ORDER_TYPES_END
};

/* The descriptors of XCH_ORDER_LINK; each of the last three may be missing */
enum {
	XCH_ORDER_RING,
	XCH_ORDER_EVENT, /* readable when the peer has notified */
	XCH_ORDER_NOTIFY, /* to notify the peer, see link/event.h */
	XCH_ORDER_DRIVER, /* /dev/xen/dmabuf, restricted to the peer */
	XCH_ORDER_IDLE, /* a dma-buf that nobody uses, see make_fence() */
	XCH_ORDER_UDMABUF, /* /dev/udmabuf, see link/memory.h */
	XCH_ORDER_FDS
};

#define XCH_ORDER_PEER 64

struct xch_order_link {
	char peer[XCH_ORDER_PEER]; /* its name, for messages */
	enum xch_role role;
	uint16_t domid; /* the peer */
	bool revocable;
	bool driver, idle, udmabuf; /* whether these descriptors come */
	uint64_t udmabuf_max; /* bytes of one */
	bool evtchn; /* an event channel; or else eventfds */
	uint32_t port; /* of the event channel, at this end */
	uint32_t pages; /* of the ring, each way */
	uint64_t control_at, bytes_at[2]; /* offsets for mmap(), by sender */
	uint64_t nonce;
	uint32_t buffer_pages, total_pages, buffers, channels, fences;
	uint32_t files; /* that programs have not read */
	uint32_t max_copy; /* bytes */
	uint64_t linger, sync_timeout, hello_timeout; /* ns */
	uint64_t ping_after, hung_after; /* ns */
};

struct xch_order {
	enum xch_order_type type;
	uint32_t token; /* CONNECT: comes back with news of the channel */
	uint32_t channel; /* ACCEPT, REFUSE */
	int err; /* REFUSE: negative */
	enum xch_channel_type channel_type; /* CONNECT */
	char service[XCH_SERVICE_MAX]; /* CONNECT */
	struct xch_rules rules; /* CONNECT, ACCEPT */
	bool read_only; /* CONNECT, ACCEPT: what is granted is for reading */
	bool notifier; /* CONNECT, ACCEPT: its socket comes, too */
	bool late; /* CONNECT, ACCEPT: messages do not wait for sync_files */
	struct xch_order_link link; /* LINK */
};

enum xch_news_type {
	XCH_NEWS_READY = 1, /* the peer has said HELLO */
	XCH_NEWS_ASKED, /* the peer opens a channel */
	XCH_NEWS_OPENED, /* it has accepted ours */
	XCH_NEWS_CLOSED, /* a channel has ended; err 0: in good order */
	XCH_NEWS_ENDED, /* the link has; the last */
	XCH_NEWS_STATUS,
	XCH_NEWS_PONG,
	XCH_NEWS_TYPES_END
};

struct xch_news {
	enum xch_news_type type;
	uint32_t token; /* OPENED, CLOSED: of CONNECT, or 0 */
	uint32_t channel; /* ASKED, OPENED, CLOSED */
	int err; /* CLOSED, ENDED: negative or 0 */
	enum xch_channel_type channel_type; /* ASKED */
	char service[XCH_SERVICE_MAX]; /* ASKED */
	uint64_t bytes_sent, bytes_received; /* CLOSED, STATUS */
	bool dmabufs; /* READY: both ends have the driver */
	/* STATUS */
	bool hung;
	uint32_t channels, mapped, mapped_pages, granted, granted_pages;
};

/*
 * All are without waiting, and take a socket of SOCK_SEQPACKET.  Return 0, EAGAIN,
 * EPIPE if the other end is gone, EPROTO for a datagram that is none of these, or
 * an error of the socket.
 */
/** xch_order_send - @fds stay the caller's */
int xch_order_send(int socket, const struct xch_order *order, const int *fds,
		   unsigned int nr_fds);
/** xch_order_receive - @fds has room for XCH_ORDER_FDS; the caller closes them */
int xch_order_receive(int socket, struct xch_order *order, int *fds,
		      unsigned int *nr_fds);
int xch_news_send(int socket, const struct xch_news *news);
int xch_news_receive(int socket, struct xch_news *news);

#endif
