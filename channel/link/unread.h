/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages with descriptors that are in a program's socket, and that it has not read.
 *
 * A socket holds any number of descriptors, and Linux counts those that are in sockets
 * for all processes of a user.
 */
#ifndef XCH_LINK_UNREAD_H
#define XCH_LINK_UNREAD_H

#include <stdint.h>

/* In one socket */
#define XCH_UNREAD_MAX 64U

struct xch_unread_message {
	unsigned int fds;
	uint64_t weight;
	uint64_t end; /* see @sent */
};

/* All zeros: none */
struct xch_unread {
	struct xch_unread_message ring[XCH_UNREAD_MAX];
	unsigned int first, nr;
	/* of all: descriptors, and bytes of memory that came with them */
	unsigned int fds;
	uint64_t weight;
	/*
	 * While there are such messages: bytes of socket memory that at least were
	 * filled, and that were in use when they were counted last
	 */
	uint64_t sent, queued;
};

/** xch_unread_look - forget what the program has read; @fd: this end of its socket */
void xch_unread_look(struct xch_unread *u, int fd);
/**
 * xch_unread_sent - so many bytes were sent
 * @fds: descriptors with them; if there are any, @u has less than XCH_UNREAD_MAX messages
 */
void xch_unread_sent(struct xch_unread *u, int fd, uint64_t len,
		     unsigned int fds, uint64_t weight);

#endif
