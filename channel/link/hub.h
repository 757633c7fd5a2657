/* SPDX-License-Identifier: GPL-2.0-only */
/* What a link carries: channels, and what their messages have attached. */
#ifndef XCH_LINK_HUB_H
#define XCH_LINK_HUB_H

#include "common/log.h"
#include "link/blob.h"
#include "link/channels.h"
#include "link/granted.h"
#include "link/late.h"
#include "link/leftover.h"
#include "link/mapped.h"
#include "link/notifier.h"

struct xch_hub;
struct xch_parcels;

struct xch_hub_ops {
	/* there are frames to send */
	void (*wake)(struct xch_hub *hub);
	/* as in struct xch_channels_ops */
	void (*asked)(struct xch_channel *ch);
	void (*opened)(struct xch_channel *ch);
	void (*closed)(struct xch_channel *ch, int err);
};

#define XCH_PEER_MAX 64

struct xch_hub_config {
	char peer[XCH_PEER_MAX]; /* its name, for messages */
	enum xch_role role;
	struct xch_driver *driver; /* NULL: no buffers */
	uint32_t buffer_pages, total_pages, buffers; /* each way */
	/* total_pages bounds small files that programs have not taken, too */
	uint32_t grants; /* pages that the driver can grant at a time; 0: unknown */
	uint32_t channels; /* that the peer may open, and this end */
	uint32_t fences; /* late ones that may be pending, each way */
	uint32_t files; /* that programs have not read, of the peer's */
	uint32_t max_copy; /* bytes of a small file */
	uint64_t linger; /* ns that unused buffers stay mapped */
	uint64_t sync_timeout; /* ns that a fence may take */
	const struct xch_memory_maker *maker; /* NULL: memory is copied */
	int idle_dmabuf; /* makes fences that have signalled; -1: none can */
};

struct xch_hub {
	struct xdc_loop *loop;
	struct xch_hub_config config;
	const struct xch_hub_ops *ops;
	struct xch_channels channels;
	struct xch_granted_set granted;
	struct xch_mapped_set mapped;
	struct xch_blobs blobs; /* of the peer's */
	struct xch_late_set late;
	struct xch_notifiers notifiers;
	struct xch_leftovers leftovers; /* of channels and notifiers */
	bool grants; /* this end grants, and the peer maps */
	/* of messages to be sent, the oldest first */
	TAILQ_HEAD(, xch_parcels) parcels;
	uint64_t grant_again; /* ns; one of them may try that then */
	struct xch_parcels *sending_blobs; /* alone, or will be the next to */
	uint32_t last_blob;
	unsigned int turn;
	struct xdc_bucket bucket; /* of log messages that programs cause */
};

#endif
