/* SPDX-License-Identifier: GPL-2.0-only */
/* A link: the ring that joins two ends, and all that is said on it.
 *
 * What a peer does wrong ends the link, and with it its own channels, nothing else.
 */
#ifndef XCH_LINK_LINK_H
#define XCH_LINK_LINK_H

#include "link/hub.h"
#include "link/ring.h"

/* How the ends wake each other */
struct xch_event {
	int fd; /* readable when the peer has notified */
	void (*clear)(struct xch_event *e); /* until it notifies again */
	void (*notify)(struct xch_event *e);
};

struct xch_link;

struct xch_link_ops {
	/* both ends have said HELLO */
	void (*ready)(struct xch_link *l);
	/* called once; the owner calls xch_link_fini() later */
	void (*ended)(struct xch_link *l, int err);
	void (*asked)(struct xch_link *l, struct xch_channel *ch);
	void (*opened)(struct xch_link *l, struct xch_channel *ch);
	void (*closed)(struct xch_link *l, struct xch_channel *ch, int err);
};

struct xch_link_config {
	struct xch_hub_config hub;
	uint64_t nonce;
	uint64_t hello_timeout; /* ns */
	uint64_t ping_after; /* ns of silence */
	uint64_t hung_after; /* ns without an answer */
};

struct xch_link {
	struct xdc_loop *loop;
	struct xch_link_config config;
	const struct xch_link_ops *ops;
	struct xch_ring ring;
	struct xch_event *event;
	struct xdc_source source;
	struct xdc_work work;
	struct xdc_timer timer;
	struct xch_hub hub;
	struct xch_hello hello; /* the peer's */
	bool said_hello, heard_hello;
	bool seen; /* the peer was attached */
	bool ended;
	bool paused; /* nothing is read */
	bool ping_due, ping_open, pong_due;
	uint32_t ping, pong;
	uint64_t heard; /* when the peer last said something, ns */
	bool hung; /* it does not answer; shown, nothing is taken away */
	uint64_t bytes_in, bytes_out;
	size_t in_fill, in_need; /* of the frame that is being read */
	size_t out_at, out_len; /* of the one that is being written */
	uint8_t in[XCH_FRAME_MAX], out[XCH_FRAME_MAX];
};

/**
 * xch_link_init - begin to speak
 * @memory, @event: the caller's, until xch_link_fini()
 */
int xch_link_init(struct xch_link *l, struct xdc_loop *loop,
		  const struct xch_ring_memory *memory, struct xch_event *event,
		  const struct xch_link_config *config,
		  const struct xch_link_ops *ops);
/** xch_link_pause - while @pause the peer is not read, and gets stuck */
void xch_link_pause(struct xch_link *l, bool pause);
/** xch_link_end - ops->ended() is called, unless it was already */
void xch_link_end(struct xch_link *l, int err);
/** xch_link_fini - let go of everything, and tell the peer that this end is gone */
void xch_link_fini(struct xch_link *l);

#endif
