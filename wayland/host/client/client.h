/* SPDX-License-Identifier: GPL-2.0-only */
/* One program of the guest: its channel, and its connection to the compositor. */
#ifndef XWL_HOST_CLIENT_CLIENT_H
#define XWL_HOST_CLIENT_CLIENT_H

#include <sys/queue.h>

#include "common/log.h"
#include "common/loop.h"
#include "host/bridge/bridge.h"
#include "host/client/readers.h"
#include "host/clipboard/transfer.h"
#include "wire/link.h"
#include "wire/stream.h"

struct xwl_client {
	LIST_ENTRY(xwl_client) entry;
	struct xdc_loop *loop;
	struct xwl_bridge bridge;
	struct xwl_link link;
	struct xwl_stream stream;
	struct xdc_source guest, compositor;
	struct xwl_transfers transfers; /* of its clipboard */
	struct xwl_readers readers; /* of its buffers */
	struct xdc_work flush;
	/* until it may send more messages, or either end has read descriptors */
	struct xdc_timer wait;
	int64_t tokens; /* messages that it may send now */
	uint64_t filled; /* when tokens were counted, in ns */
	bool greeted; /* it has said hello */
	bool ended;
	/* the owner removes it from its list, and destroys it */
	void (*gone)(struct xwl_client *c);
	void *owner;
};

/**
 * xwl_client_create - serve a program until either end is gone
 * @channel: a socket of type SOCK_SEQPACKET, taken over, also on failure
 * @compositor: its socket, taken over, also on failure
 *
 * The caller sets ->gone and ->owner before the loop runs.
 *
 * ENOMEM, EMFILE.
 */
int xwl_client_create(struct xdc_loop *loop, const struct xwl_policy *policy,
		      struct xwl_account *account, int channel, int compositor,
		      struct xwl_client **out);
/** xwl_client_end - tell the guest why, and the owner that it is gone */
void xwl_client_end(struct xwl_client *c, const char *why);
/** xwl_client_destroy - without a word */
void xwl_client_destroy(struct xwl_client *c);

#endif
