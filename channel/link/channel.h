/* SPDX-License-Identifier: GPL-2.0-only */
/* One channel of a link: a program's socket here, another one at the peer.
 *
 * What the program sends is read only when the link has room for it and the peer
 * has given credit, so that a program whose peer does not read gets EAGAIN.  What
 * the peer sends waits in the inbox, within the window.
 *
 * The set owns its channels.  A channel that ends is freed at the end of the
 * loop's turn; until then it is DEAD, and calls on it do nothing.
 */
#ifndef XCH_LINK_CHANNEL_H
#define XCH_LINK_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/fd-socket.h"
#include "common/loop.h"
#include "link/credit.h"
#include "link/frame.h"
#include "link/inbox.h"
#include "link/kind.h"
#include "link/leftover.h"
#include "link/ring.h"
#include "link/talk.h"

struct xch_channel;
struct xch_channels;
struct xch_notifier;

enum xch_channel_state {
	XCH_OPENING, /* the peer was asked */
	XCH_ASKED, /* the peer asks; the owner accepts or refuses */
	XCH_RUNNING,
	XCH_ENDING, /* REFUSED or RESET has to be sent */
	XCH_DEAD
};

/* Frames that a channel has to send, in this order */
#define XCH_SAY_OPEN 1U
#define XCH_SAY_OPENED 2U
#define XCH_SAY_REFUSED 4U
#define XCH_SAY_RESET 8U
#define XCH_SAY_CREDIT 16U
#define XCH_SAY_SHUT 32U

/* One message of the program's, which the peer has not got yet */
struct xch_message {
	bool full;
	bool parked; /* its attachments are not ready */
	size_t len, at;
	uint8_t *data; /* XCH_DATAGRAM_MAX bytes */
	int fds[XDC_SOCKET_FDS]; /* open until the message is sent */
	unsigned int nr_fds;
	size_t fds_at; /* index of the byte that they come with */
	struct xch_attachment attachments[XCH_ATTACHMENTS_MAX];
	void *prepared; /* of the owner's */
};

struct xch_channels_ops {
	/* the set has a frame to send: call xch_channels_next() */
	void (*wake)(struct xch_channels *set);
	/* the peer asks for @ch: call xch_channel_accept() or _refuse() */
	void (*asked)(struct xch_channel *ch);
	/* the peer has accepted */
	void (*opened)(struct xch_channel *ch);
	/* @ch has ended, with 0 after both ends have shut it; never called twice */
	void (*closed)(struct xch_channel *ch, int err);
	/*
	 * A message has descriptors: set @m->attachments.  Return 0, or 1 if
	 * xch_channel_prepared() will be called, or why the channel ends.
	 */
	int (*prepare)(struct xch_channel *ch, struct xch_message *m);
	/*
	 * A frame to send before the one with the descriptors: its length, or 0
	 * if none is left.  EAGAIN: xch_channel_prepared() will be called.
	 * Otherwise why the channel ends.
	 */
	ssize_t (*before)(struct xch_channel *ch, struct xch_message *m,
			  uint8_t *out);
	/* the frame with the descriptors was written */
	void (*sent)(struct xch_channel *ch, struct xch_message *m);
	/* after prepare(): the message was sent, or will never be */
	void (*forget)(struct xch_channel *ch, struct xch_message *m);
	/*
	 * Make descriptors of what has come, and set @data->weight; @fds has room.  @ch is NULL if the
	 * channel is gone: nothing is made.  EPROTO: ends the link.  Any other
	 * error ends the channel.
	 */
	int (*receive)(struct xch_channels *set, struct xch_channel *ch,
		       struct xch_data *data, int *fds);
};

struct xch_channels {
	struct xdc_loop *loop;
	const struct xch_channels_ops *ops;
	struct xch_leftovers *leftovers; /* of ended channels */
	TAILQ_HEAD(, xch_channel) all;
	struct xch_talk talking;
	TAILQ_HEAD(, xch_channel) turns; /* those that may have data to send */
	struct xdc_work reap;
	enum xch_role role;
	unsigned int max_theirs, max_ours; /* opened by the peer, and here */
	unsigned int theirs, ours; /* open ones */
	unsigned int nr, nr_ours; /* with those that drain: all; opened here */
	uint32_t last_theirs, last_ours; /* ids */
};

struct xch_channel {
	TAILQ_ENTRY(xch_channel) all, turn;
	struct xch_talker talker; /* says XCH_SAY_* */
	struct xch_channels *set;
	struct xdc_source program; /* its socket; owned */
	enum xch_channel_state state;
	uint32_t id;
	bool ours; /* opened here */
	bool counted; /* among those that both ends know as open */
	struct xch_open open;
	bool in_turns;
	int err; /* a negative errno value for REFUSED and RESET */
	unsigned int shut_said, shut_heard; /* XCH_SHUT_* */
	unsigned int shut; /* to be said */
	bool pipe; /* not a socket: one way, and no descriptors */
	bool readable; /* the program may have sent something */
	bool ended; /* the program sends no more */
	bool gone; /* the program has closed its socket */
	/*
	 * Descriptors stay with their byte.  Costs two system calls a message, so
	 * the owner clears it for services that never send any.
	 */
	bool carries_fds;
	bool told_end; /* the program was told that the peer sends no more */
	struct xch_credit credit;
	struct xch_window window;
	struct xch_inbox inbox;
	struct xch_message message;
	uint64_t bytes_sent, bytes_received;
	/* for the owner */
	struct xch_rules rules;
	bool read_only; /* what is granted is for reading */
	bool late; /* messages do not wait for their sync_files */
	struct xch_notifier *notifier; /* of the program; NULL: it has none */
	uint32_t token;
};

/** xch_channel_create - a channel without a socket.  NULL: out of memory */
struct xch_channel *xch_channel_create(struct xch_channels *set, uint32_t id,
				       bool ours, enum xch_channel_state state,
				       const struct xch_open *open);
/**
 * xch_channel_accept - join the peer's channel to a socket
 * @fd: owned by the channel from now on, also if the call fails
 */
void xch_channel_accept(struct xch_channel *ch, int fd);
void xch_channel_refuse(struct xch_channel *ch, int err);
/** xch_channel_reset - end it, and tell the peer why; @err is negative */
void xch_channel_reset(struct xch_channel *ch, int err);
/** xch_channel_prepared - see ops->prepare(); 0, or why the channel ends */
void xch_channel_prepared(struct xch_channel *ch, int err);

/** xch_channel_has_unsent - messages of its program may wait, also unread in the socket */
bool xch_channel_has_unsent(const struct xch_channel *ch);

/* For the set */

/** xch_channel_attach - the program's socket; owned also if the call fails */
int xch_channel_attach(struct xch_channel *ch, int fd);
/** xch_channel_run - the peer may be sent @credit from now on */
void xch_channel_run(struct xch_channel *ch);
/** xch_channel_kill - ended, and nothing is said about it */
void xch_channel_kill(struct xch_channel *ch, int err);
void xch_channel_queue_frame(struct xch_channel *ch, unsigned int say);
/** xch_channel_queue_turn - if it may have something to send */
void xch_channel_queue_turn(struct xch_channel *ch);
/** xch_channel_turn - one DATA frame, or 0 */
size_t xch_channel_turn(struct xch_channel *ch, uint8_t *out);
/** xch_channel_deliver - bytes of the peer's.  EPROTO: the link ends */
int xch_channel_deliver(struct xch_channel *ch, const struct xch_data *data,
			const int *fds);
/** xch_channel_hear_shut - the peer's XCH_SHUT_* */
void xch_channel_hear_shut(struct xch_channel *ch, unsigned int shut);
/** xch_channel_settle - shut what is over, and end if all is */
void xch_channel_settle(struct xch_channel *ch);

#endif
