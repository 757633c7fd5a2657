/* SPDX-License-Identifier: GPL-2.0-only */
/* What a peer may connect to here: the sections [service NAME]. */
#ifndef XCH_SERVICE_H
#define XCH_SERVICE_H

#include "peer.h"

/* A local program that waits for channels to a service */
struct xch_listener {
	LIST_ENTRY(xch_listener) link;
	char service[XCH_SERVICE_MAX];
	pid_t pid;
	/* a channel's socket, which stays the caller's; or why it is refused */
	int (*take)(struct xch_listener *l, struct xch_peer *p,
		    enum xch_channel_type type, int fd);
};

/** xch_service_listen - EADDRINUSE: another program does */
int xch_service_listen(struct xch_daemon *d, struct xch_listener *l);
void xch_service_unlisten(struct xch_listener *l);

/* What is done with the channels of a link */
extern const struct xch_peer_ops xch_service_ops;

#endif
