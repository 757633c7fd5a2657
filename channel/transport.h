/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory and the event channel of a link: made by one end, bound by the other. */
#ifndef XCH_TRANSPORT_H
#define XCH_TRANSPORT_H

#include "common/reason.h"
#include "link/ring.h"

/* The control page, the server's bytes, the client's bytes */
#define XCH_TRANSPORT_REFS (1 + 2 * XCH_RING_PAGES)

/* What the server tells the client */
struct xch_transport_offer {
	uint32_t refs[XCH_TRANSPORT_REFS]; /* grant references */
	uint32_t port; /* of the event channel, at the server */
};

/* What a worker needs */
struct xch_transport {
	int ring; /* its pages are mapped from this file; -1: closed */
	uint64_t control_at, bytes_at[2]; /* offsets for mmap(), by sender */
	int event, notify; /* see link/event.h; may be the same file */
	bool evtchn;
	uint32_t port; /* of the event channel, at this end */
};

/*
 * When the last mapping and the last copy of the descriptors are gone, the kernel
 * tells the peer.  Each returns 0, or an error with its reason, and then @t is
 * closed.
 */
struct xch_transport_ops {
	/* the server's end, with a new ring */
	int (*offer)(uint16_t domid, struct xch_transport *t,
		     struct xch_transport_offer *offer, struct xdc_reason *why);
	/* the client's end; whatever @offer holds is the peer's word */
	int (*bind)(uint16_t domid, const struct xch_transport_offer *offer,
		    struct xch_transport *t, struct xdc_reason *why);
};

/* gntalloc, gntdev and evtchn: what every kernel has */
extern const struct xch_transport_ops xch_transport_xen;

void xch_transport_init(struct xch_transport *t);
/** xch_transport_close - this end's descriptors; a worker may have others */
void xch_transport_close(struct xch_transport *t);

#endif
