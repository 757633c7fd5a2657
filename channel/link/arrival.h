/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors for the program, of what has come attached to a message. */
#ifndef XCH_LINK_ARRIVAL_H
#define XCH_LINK_ARRIVAL_H

#include "link/hub.h"

/** xch_arrival_has_room - for so many more descriptors in programs' sockets */
bool xch_arrival_has_room(struct xch_hub *hub, unsigned int nr);
/**
 * xch_arrival_receive - make @fds of @data's attachments
 * @ch: NULL: the channel has ended here; nothing is made, but buffers count
 *
 * EPROTO: the peer names what is not there; the link ends.  EOPNOTSUPP: of a kind
 * that the service does not allow, or that this end cannot make.  No descriptor
 * is left if it fails.
 */
int xch_arrival_receive(struct xch_hub *hub, struct xch_channel *ch,
			struct xch_data *data, int *fds);
/** xch_arrival_asked - the peer opens a channel for a program of @ch->parent */
void xch_arrival_asked(struct xch_hub *hub, struct xch_channel *ch);
/** xch_arrival_closed - @ch has ended: so do those that wait for its messages */
void xch_arrival_closed(struct xch_hub *hub, struct xch_channel *ch);

#endif
