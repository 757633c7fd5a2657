/* SPDX-License-Identifier: GPL-2.0-only */
/* What a peer may connect to here: the sections [service NAME]. */
#ifndef XCH_SERVICE_H
#define XCH_SERVICE_H

#include "session.h"

/* A local program that waits for channels to a service */
struct xch_listener {
	LIST_ENTRY(xch_listener) link;
	char service[XCH_SERVICE_MAX];
	pid_t pid;
	bool notices; /* a socket of notices comes with each channel */
	bool late; /* see struct xch_program */
	/*
	 * A channel's socket and perhaps that of its notices, which stay the
	 * caller's; or why it is refused
	 */
	int (*take)(struct xch_listener *l, struct xch_peer *p,
		    enum xch_channel_type type, const int *fds,
		    unsigned int nr_fds);
};

/** xch_service_listen - EADDRINUSE: another program does */
int xch_service_listen(struct xch_daemon *d, struct xch_listener *l);
void xch_service_unlisten(struct xch_listener *l);

/** xch_service_pair - two connected ends: the worker's and the program's */
int xch_service_pair(int type, int *sv);

/* What is done with the channels of a link */
extern const struct xch_peer_ops xch_service_ops;

#endif
