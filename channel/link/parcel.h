/* SPDX-License-Identifier: GPL-2.0-only */
/* The descriptors of one message, from the program to the peer. */
#ifndef XCH_LINK_PARCEL_H
#define XCH_LINK_PARCEL_H

#include "link/hub.h"

/* see struct xch_channels_ops */
int xch_parcels_prepare(struct xch_hub *hub, struct xch_channel *ch,
			struct xch_message *m);
ssize_t xch_parcels_before(struct xch_hub *hub, struct xch_channel *ch,
			   struct xch_message *m, uint8_t *out);
void xch_parcels_sent(struct xch_hub *hub, struct xch_message *m);
void xch_parcels_forget(struct xch_hub *hub, struct xch_message *m);
/** xch_parcels_settled - a granted buffer is mapped, or will not be */
void xch_parcels_settled(struct xch_hub *hub, struct xch_granted *buf);

/** xch_parcels_want_room - the message waits until more can be granted */
bool xch_parcels_want_room(const struct xch_message *m);
/** xch_parcels_late_room - the peer may take another late fence */
void xch_parcels_late_room(struct xch_hub *hub);

#endif
