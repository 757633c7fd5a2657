/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain that this one may share channels with, and the link to it. */
#ifndef XCH_PEER_H
#define XCH_PEER_H

#include "common/log.h"
#include "daemon.h"
#include "meeting.h"
#include "process.h"

struct xch_session;

enum xch_peer_state {
	XCH_PEER_WAITING, /* for the peer's daemon, or before the next try */
	XCH_PEER_OFFERED, /* a ring is made for the peer, which has not bound it */
	XCH_PEER_STARTING, /* the worker runs, and the peer's has not said HELLO */
	XCH_PEER_LINKED
};

struct xch_peer_ops {
	/* of a peer's worker: XCH_NEWS_ASKED, _OPENED and _CLOSED */
	void (*asked)(struct xch_peer *p, const struct xch_news *news);
	void (*opened)(struct xch_peer *p, const struct xch_news *news);
	void (*closed)(struct xch_peer *p, const struct xch_news *news);
	/* the link has ended, and all its channels have */
	void (*lost)(struct xch_peer *p);
};

struct xch_peer {
	LIST_ENTRY(xch_peer) link;
	struct xch_daemon *daemon;
	const struct xch_peer_ops *ops;
	struct xch_domain domain;
	char label[XCH_NAME_MAX]; /* its name, or its number */
	enum xch_role role;
	enum xch_peer_state state;
	bool wanted; /* seen by the scan that is under way */
	struct xch_meeting ours; /* what this end writes */
	bool published; /* and has written */
	char theirs[XCH_GENERATION]; /* the ring, or the link, is with this one */
	struct xch_transport transport; /* while OFFERED */
	struct xch_process process;
	struct xdc_timer timer; /* the next look */
	struct xdc_work look;
	uint64_t looked, next_try, delay, linked_at; /* ns */
	uint64_t pause; /* ns: between two looks, at least */
	unsigned int rings; /* made for it */
	unsigned int busy; /* looks of which each came soon after the other */
	char why[XDC_REASON_MAX]; /* why there is no link; "": no reason known */
	bool unread; /* it is that xenstore could not be read */
	int ended; /* what the worker said last */
	struct xdc_bucket bucket; /* of messages that the peer causes */
	/* of the link */
	LIST_HEAD(xch_session_list, xch_session) sessions;
	unsigned int nr_sessions;
	uint64_t opens; /* ns: the channels that it has opened are paid for until then */
	uint32_t last_token;
	bool buffers; /* dma-bufs can cross, too */
	unsigned int links; /* made since the daemon knows the peer */
	unsigned int status_asked, status_answered;
	struct xch_news status; /* the last XCH_NEWS_STATUS */
};

/** xch_peer_create - watch for the peer, and tell it that this end is there */
int xch_peer_create(struct xch_daemon *d, const struct xch_domain *domain);
/** xch_peer_destroy - end its link, and take back what was written for it */
void xch_peer_destroy(struct xch_peer *p);
/** xch_peer_tell - something that the peer writes may have changed */
void xch_peer_tell(struct xch_peer *p);
/** xch_peer_end - end its link, and try again later */
void xch_peer_end(struct xch_peer *p, const char *why);
/** xch_peer_ask_status - xch_daemon.status_changed() is called when it is there */
void xch_peer_ask_status(struct xch_peer *p);

/** xch_peer_find - by id */
struct xch_peer *xch_peer_find(const struct xch_daemon *d, uint16_t domid);
/** xch_peer_config_name - NULL if it has none, for the configuration */
const char *xch_peer_config_name(const struct xch_peer *p);
/** xch_peer_state - in a word */
const char *xch_peer_state(const struct xch_peer *p);
/** xch_peer_log - a message that the peer can cause: not too often */
__attribute__((format(printf, 3, 4))) void
xch_peer_log(struct xch_peer *p, enum xdc_level level, const char *fmt, ...);

#endif
