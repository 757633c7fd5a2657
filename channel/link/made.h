/* SPDX-License-Identifier: GPL-2.0-only */
/* dma-bufs that were made of programs' memory, for as long as anyone has them.
 *
 * They cannot be swapped out, and programs need not send them.  A descriptor kept here
 * would keep them, too: so an epoll instance has each, which Linux takes out of it with
 * its last user, and /proc tells what is in it.
 */
#ifndef XCH_LINK_MADE_H
#define XCH_LINK_MADE_H

#include <stdint.h>

struct xch_made {
	int epoll;
	int list; /* its file in /proc/self/fdinfo */
};

/** xch_made_init - 0 or a negative errno value */
int xch_made_init(struct xch_made *made);
/**
 * xch_made_room - whether there may be another one
 * @max, @max_bytes: of all together
 *
 * Return: 0.  EDQUOT.  Or why it cannot be told.
 */
int xch_made_room(const struct xch_made *made, uint64_t bytes, uint32_t max,
		  uint64_t max_bytes);
/** xch_made_add - @dmabuf stays the caller's, which may close it */
int xch_made_add(const struct xch_made *made, int dmabuf, uint64_t bytes);

#endif
