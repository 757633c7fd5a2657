/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A channel's second socket: events, and requests that are answered. */
#ifndef XDL_CHANNEL_NOTICES_H
#define XDL_CHANNEL_NOTICES_H

#include "lib/channel/handle.h"

/** xdl_notices_close - the socket, and events that the program has not read */
void xdl_notices_close(struct xendmabuf_channel *ch);

#endif
