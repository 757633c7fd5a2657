/* SPDX-License-Identifier: GPL-2.0-only */
/* A program's interest in a buffer that it has sent or got: link/notifier.h. */
#ifndef XCH_LINK_INTEREST_H
#define XCH_LINK_INTEREST_H

#include <sys/queue.h>

struct xch_granted;
struct xch_notifier;

struct xch_interest {
	LIST_ENTRY(xch_interest) of_buffer, of_notifier;
	struct xch_notifier *notifier;
	struct xch_granted *granted; /* NULL: a buffer of the peer's */
};

LIST_HEAD(xch_interests, xch_interest);

#endif
