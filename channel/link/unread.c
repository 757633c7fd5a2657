// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "link/unread.h"

/*
 * Bytes of socket memory: less than any message takes.  A message that is being freed
 * counts as one byte until its sender has been woken, which is then not woken again.
 */
#define REST 128

/* Bytes of socket memory that what was sent takes until it is read */
static uint64_t count_queued(int fd)
{
	int queued;

	return ioctl(fd, SIOCOUTQ, &queued) ? 0 : (uint64_t)queued;
}

static struct xch_unread_message *find_message(struct xch_unread *u,
					       unsigned int i)
{
	return &u->ring[(u->first + i) % XCH_UNREAD_MAX];
}

static void forget_first(struct xch_unread *u)
{
	const struct xch_unread_message *m = find_message(u, 0);

	u->fds -= m->fds;
	u->weight -= m->weight;
	u->first++;
	u->nr--;
}

/*
 * A socket is read in order: if it holds no more than what was sent behind a message,
 * that message was read.
 *
 * What was sent behind it may be more than @sent tells, as the program may have read
 * while it was counted.  The message then counts for longer, but not for ever: each
 * further one adds to @sent, and once the program has read all, only REST is left.
 * Linux wakes this end for each message that is read while the socket is nearly empty.
 */
void xch_unread_look(struct xch_unread *u, int fd)
{
	if (!u->nr)
		return;
	u->queued = count_queued(fd);
	while (u->nr && u->queued <= u->sent - find_message(u, 0)->end + REST)
		forget_first(u);
}

void xch_unread_sent(struct xch_unread *u, int fd, uint64_t len,
		     unsigned int fds, uint64_t weight)
{
	uint64_t before = u->queued;

	if (!u->nr && !fds)
		return;
	u->queued = count_queued(fd);
	/* a message takes more memory than it has bytes */
	if (u->queued > before + len)
		len = u->queued - before;
	u->sent += len;
	if (!fds)
		return;
	*find_message(u, u->nr++) = (struct xch_unread_message){
		.fds = fds,
		.weight = weight,
		.end = u->sent,
	};
	u->fds += fds;
	u->weight += weight;
}
