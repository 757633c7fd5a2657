/* SPDX-License-Identifier: GPL-2.0-only */
/* What has come over a channel and its program has not taken yet.
 *
 * How much that can be is bounded by the channel's window.  Bytes are taken when they
 * are in the program's socket, which bounds them itself.  Descriptors are taken when
 * the program has read them, see link/unread.h.
 */
#ifndef XCH_LINK_INBOX_H
#define XCH_LINK_INBOX_H

#include <stdbool.h>
#include <sys/queue.h>

#include "common/fd-socket.h"
#include "link/credit.h"
#include "link/frame.h"
#include "link/unread.h"

struct xch_item;

struct xch_inbox {
	STAILQ_HEAD(, xch_item) items; /* whole ones, the oldest first */
	struct xch_item *part; /* a datagram whose end has not come */
	bool datagrams;
	bool pipe; /* the program's end is a pipe */
	struct xch_credit delivered; /* cost of what the program has taken */
	/* of what waits here: descriptors, and bytes of memory that came with them */
	unsigned int attachments;
	uint64_t weight;
	/* no more messages than the window has attachments */
	struct xch_unread unread;
};

void xch_inbox_init(struct xch_inbox *in, enum xch_channel_type type);
/**
 * xch_inbox_clear - drop what waits here; its cost counts as delivered
 *
 * What is in the socket counts until it is read, also if the program takes no more.
 */
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

/** xch_inbox_held - descriptors that came and are not read; @fd: its socket */
unsigned int xch_inbox_held(struct xch_inbox *in, int fd);
/** xch_inbox_weigh - bytes of memory that came with them */
uint64_t xch_inbox_weigh(struct xch_inbox *in, int fd);

#endif
