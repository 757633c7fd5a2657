/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets of programs that are over, but for descriptors that the programs have not read:
 * Linux still counts those, see link/unread.h.
 */
#ifndef XCH_LINK_LEFTOVER_H
#define XCH_LINK_LEFTOVER_H

#include <stdint.h>
#include <sys/queue.h>

#include "common/loop.h"
#include "link/unread.h"

struct xch_leftovers {
	struct xdc_loop *loop;
	LIST_HEAD(, xch_leftover) all;
	/* as in struct xch_unread */
	unsigned int fds;
	uint64_t weight;
};

void xch_leftovers_init(struct xch_leftovers *all, struct xdc_loop *loop);
/** xch_leftovers_fini - close all */
void xch_leftovers_fini(struct xch_leftovers *all);
/**
 * xch_leftovers_add - shut a program's socket, and close it when all is read
 * @fd: in no loop; owned from now on
 * @unread: of this socket; empty afterwards
 */
void xch_leftovers_add(struct xch_leftovers *all, int fd,
		       struct xch_unread *unread);

#endif
