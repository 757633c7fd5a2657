/* SPDX-License-Identifier: GPL-2.0-only */
/* One end of a channel: records over a socket of type SOCK_SEQPACKET. */
#ifndef XWL_WIRE_LINK_H
#define XWL_WIRE_LINK_H

#include <sys/queue.h>

#include "wire/fds.h"
#include "wire/message.h"
#include "wire/record.h"
#include "wire/socket.h"

struct xwl_packet;

struct xwl_link {
	int fd;
	uint8_t in[XWL_RECORD_MAX] __attribute__((aligned(8)));
	struct xwl_fds in_fds; /* of the record that was received last */
	TAILQ_HEAD(xwl_packets, xwl_packet) packets; /* that wait to be sent */
	size_t waiting, max; /* bytes of memory in which records wait */
	struct xwl_unread unread;
	unsigned int waiting_fds; /* if @unread is limited: at most XWL_FDS_MAX */
};

/** xwl_link_init - takes over @fd; what waits to be sent takes @max bytes at most */
void xwl_link_init(struct xwl_link *l, int fd, size_t max);
void xwl_link_fini(struct xwl_link *l);

/**
 * xwl_link_receive - the next record, valid until the next call
 * @why: set on failure but EAGAIN and EPIPE
 *
 * Descriptors of the record before, which nobody took, are closed.
 *
 * EAGAIN: there is none.  EPIPE: the other end has closed.  EPROTO.
 */
int xwl_link_receive(struct xwl_link *l, struct xwl_record *out,
		     struct xdc_reason *why);
/**
 * xwl_link_send - a record, which waits for xwl_link_flush()
 * @fd: goes with it, and is taken over, also on failure; -1: none
 *
 * ENOBUFS: the other end does not read, and too much waits.  ENOMEM.
 */
int xwl_link_send(struct xwl_link *l, const struct xwl_record *r, int fd);
/**
 * xwl_link_message - a Wayland message, in one record with those before it
 * @m: its descriptors are taken over, also on failure
 *
 * ENOBUFS, ENOMEM as above.  EMSGSIZE.
 */
int xwl_link_message(struct xwl_link *l, struct xwl_message *m);
/**
 * xwl_link_flush - send what waits
 *
 * EAGAIN: some is left: see l->unread.held.  Or an error of the socket.
 */
int xwl_link_flush(struct xwl_link *l);

#endif
