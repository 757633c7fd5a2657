/* SPDX-License-Identifier: GPL-2.0-only */
/* The frames of a hub: which part of it they are for, and whose turn it is. */
#ifndef XCH_LINK_TRAFFIC_H
#define XCH_LINK_TRAFFIC_H

#include "link/hub.h"

/** xch_traffic_init - a hub without channels and buffers */
void xch_traffic_init(struct xch_hub *hub, struct xdc_loop *loop,
		      const struct xch_hub_config *config,
		      const struct xch_hub_ops *ops);
/** xch_traffic_fini - all channels end with @err */
void xch_traffic_fini(struct xch_hub *hub, int err);
/** xch_traffic_start - the peer has told its limits */
void xch_traffic_start(struct xch_hub *hub, const struct xch_hello *theirs,
		       const struct xch_terms *terms);
/** xch_traffic_receive - a frame of a channel or buffer; an error ends the link */
int xch_traffic_receive(struct xch_hub *hub, const struct xch_frame *f);
/** xch_traffic_next - write the next frame to @out; 0: there is none */
size_t xch_traffic_next(struct xch_hub *hub, uint8_t *out);

#endif
