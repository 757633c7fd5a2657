// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "common/loop.h"
#include "first-order.h"

/* The other end's process has yet to start, on a machine that may be busy */
#define HELLO_TIMEOUT (30 * XDC_NS_PER_S)
#define PING_AFTER (10 * XDC_NS_PER_S)
#define HUNG_AFTER (30 * XDC_NS_PER_S)

/* Of the descriptors that this user may have in sockets: a share for each link */
static uint32_t share_files(const struct xch_config *config)
{
	unsigned int shares = xch_config_max_links(config) + 1;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) ||
	    limit.rlim_cur / shares > UINT32_MAX)
		return UINT32_MAX;
	return (uint32_t)(limit.rlim_cur / shares);
}

int xch_first_order(struct xch_order *order, const struct xch_config *config,
		    const struct xch_caps *caps, const struct xch_transport *t)
{
	struct xch_order_link *l = &order->link;

	memset(order, 0, sizeof(*order));
	order->type = XCH_ORDER_LINK;
	l->revocable = caps->revocable;
	l->evtchn = t->evtchn;
	l->port = t->port;
	l->pages = XCH_RING_PAGES;
	l->control_at = t->control_at;
	memcpy(l->bytes_at, t->bytes_at, sizeof(l->bytes_at));
	l->buffer_pages = l->total_pages = caps->max_pages;
	l->buffers = caps->max_buffers;
	l->channels = caps->max_channels;
	l->fences = caps->max_fences;
	l->files = share_files(config);
	l->max_copy = caps->max_copy;
	l->linger = caps->linger_ms * XDC_NS_PER_MS;
	l->sync_timeout = caps->sync_timeout_ms * XDC_NS_PER_MS;
	l->hello_timeout = HELLO_TIMEOUT;
	l->ping_after = PING_AFTER;
	l->hung_after = HUNG_AFTER;
	if (getrandom(&l->nonce, sizeof(l->nonce), 0) !=
	    (ssize_t)sizeof(l->nonce))
		return -EIO;
	return 0;
}
