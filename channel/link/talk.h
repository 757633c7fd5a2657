/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has frames to send, in the order in which each got its first. */
#ifndef XCH_LINK_TALK_H
#define XCH_LINK_TALK_H

#include <sys/queue.h>

struct xch_talker {
	TAILQ_ENTRY(xch_talker) entry; /* in the queue while @say is not 0 */
	unsigned int say; /* its frames, a bit each */
};

TAILQ_HEAD(xch_talk, xch_talker);

/** xch_talk_add - @t has these frames to send, too */
void xch_talk_add(struct xch_talk *talk, struct xch_talker *t,
		  unsigned int frames);
/** xch_talk_drop - these frames of @t are sent, or need not be */
void xch_talk_drop(struct xch_talk *talk, struct xch_talker *t,
		   unsigned int frames);
/** xch_talk_yield - the others come before the rest of what @t has to send */
void xch_talk_yield(struct xch_talk *talk, struct xch_talker *t);

#endif
