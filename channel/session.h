/* SPDX-License-Identifier: GPL-2.0-only */
/* The channels of a peer's link, as far as the daemon opens or accepts them.
 *
 * The bytes go from program to worker.  Channels that programs send to each other
 * as descriptors are the worker's alone.
 */
#ifndef XCH_SESSION_H
#define XCH_SESSION_H

#include "peer.h"

struct xch_session {
	LIST_ENTRY(xch_session) link;
	struct xch_peer *peer;
	bool ours; /* a program here has opened it */
	bool open; /* both ends have agreed */
	uint32_t token; /* ours: its name between daemon and worker */
	uint32_t channel; /* id; 0: not known yet */
	char service[XCH_SERVICE_MAX];
	pid_t pid; /* of the program here; 0: not known */
	/* ours: called once, when the peer has accepted or refused; may be NULL */
	void (*decided)(void *user, int err);
	void *user;
};

/* The program here, and its end of the channel; the descriptors stay the caller's */
struct xch_program {
	pid_t pid; /* 0: not known */
	int socket;
	int notifier; /* see link/notifier.h; -1: it wants none */
	bool late; /* its messages do not wait for their sync_files */
};

/* Who wants to know of the peer's answer */
struct xch_session_owner {
	void (*decided)(void *user, int err);
	void *user;
};

/**
 * xch_session_connect - ask the peer for a channel
 * @owner, @out: may be NULL
 *
 * ENOTCONN: no link.  EUSERS: too many channels.  EAGAIN: the worker has not read
 * the earlier orders.
 */
int xch_session_connect(struct xch_peer *p, const struct xch_use *use,
			const struct xch_program *program,
			const struct xch_session_owner *owner,
			struct xch_session **out);
/** xch_session_forget - decided() is not called; the channel goes on */
void xch_session_forget(struct xch_session *s);
/** xch_session_accept - join the channel that the peer asks for to a program */
void xch_session_accept(struct xch_peer *p, const struct xch_news *news,
			const struct xch_channel_terms *terms,
			const struct xch_program *program);
void xch_session_refuse(struct xch_peer *p, const struct xch_news *news,
			int err);
/** xch_session_max - channels that may be open, each way */
unsigned int xch_session_max(const struct xch_peer *p);
/**
 * xch_session_full - as many channels are there as the configuration allows
 * @ours: of those that programs here have opened, or the peer
 */
bool xch_session_full(const struct xch_peer *p, bool ours);
/** xch_session_too_soon - count a channel that the peer opens; true: it opens too many */
bool xch_session_too_soon(struct xch_peer *p);

/* For struct xch_peer_ops */
void xch_session_opened(struct xch_peer *p, const struct xch_news *news);
void xch_session_closed(struct xch_peer *p, const struct xch_news *news);
void xch_session_lost(struct xch_peer *p);

/** xch_socket_type - SOCK_STREAM or SOCK_SEQPACKET */
int xch_socket_type(enum xch_channel_type type);

#endif
