/* SPDX-License-Identifier: GPL-2.0-only */
/* What has come over a channel and its program has not taken yet.
 *
 * How much that can be is bounded by the channel's window.  Bytes are taken when they
 * are in the program's socket, which bounds them itself.  Descriptors are taken when
 * the program has read them: a socket holds any number, and Linux counts those that
 * are in sockets for all processes of a user.
 */
#ifndef XCH_LINK_INBOX_H
#define XCH_LINK_INBOX_H

#include <stdbool.h>
#include <sys/queue.h>

#include "common/fd-socket.h"
#include "link/credit.h"
#include "link/frame.h"

struct xch_item;

/* A message with descriptors that is in the program's socket */
struct xch_unread {
	unsigned int attachments;
	uint64_t weight;
	uint64_t end; /* see @sent */
};

struct xch_inbox {
	STAILQ_HEAD(, xch_item) items; /* whole ones, the oldest first */
	struct xch_item *part; /* a datagram whose end has not come */
	bool datagrams;
	bool pipe; /* the program's end is a pipe */
	struct xch_credit delivered; /* cost of what the program has taken */
	uint64_t weight; /* bytes of memory that came attached and are not read */
	/* a ring; no more messages than the window has attachments */
	struct xch_unread unread[XCH_CREDIT_ATTACHMENTS];
	unsigned int first_unread, nr_unread;
	/*
	 * While there are such messages: bytes of socket memory that at least were
	 * filled, and that were in use when they were counted last
	 */
	uint64_t sent, queued;
};

void xch_inbox_init(struct xch_inbox *in, enum xch_channel_type type);
/** xch_inbox_clear - the program takes no more; the cost of all counts as delivered */
void xch_inbox_clear(struct xch_inbox *in);
bool xch_inbox_empty(const struct xch_inbox *in);

/**
 * xch_inbox_put - add a frame's bytes and descriptors
 * @fds: of @data's attachments; the inbox owns them, also if this fails
 *
 * EPROTO: not as the channel's type has it: a datagram too long or with
 * descriptors in its middle, an empty part.
 */
int xch_inbox_put(struct xch_inbox *in, const struct xch_data *data,
		  const int *fds);
/**
 * xch_inbox_drain - give the program what it takes, and see what it has read
 * @fd: its socket
 *
 * Return: 0 if the inbox is empty now but for part of a datagram, EAGAIN, or the
 * error of the socket.
 */
int xch_inbox_drain(struct xch_inbox *in, int fd);

/** xch_inbox_weigh - bytes of memory that came attached and are not read; @fd: its socket */
uint64_t xch_inbox_weigh(struct xch_inbox *in, int fd);

#endif
