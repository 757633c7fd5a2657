/* SPDX-License-Identifier: GPL-2.0-only */
/* How two domains meet: what each writes in xenstore for the other.
 *
 *	/local/domain/SELF/data/xen-channel/PEER/
 *		version		"1"
 *		generation	16 hexadecimal digits, new for each start
 *		bound-to	the peer's generation that this end answers
 *		ring-refs	numbers, by the server alone
 *		event-channel	a number, by the server alone
 *
 * SELF owns the directory, and only PEER may read it.  The domain with the smaller
 * id is the server: it waits for the client's generation, and makes a ring for it.
 * The client binds a ring whose bound-to is its own generation, and says so in its
 * own bound-to.  A domain may write anything here: each end checks what it reads.
 */
#ifndef XCH_MEETING_H
#define XCH_MEETING_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

#include "transport.h"

#define XCH_GENERATION 17 /* with its NUL */

struct xch_meeting {
	char generation[XCH_GENERATION];
	char bound_to[XCH_GENERATION]; /* "": to none */
	bool offers; /* @offer is set */
	struct xch_transport_offer offer;
};

/* The texts of the nodes, each NULL if there is none */
struct xch_meeting_text {
	const char *version, *generation, *bound_to, *ring_refs, *event_channel;
};

/**
 * xch_meeting_parse - what a peer's nodes say; pure
 *
 * ENOENT: no generation.  EPROTONOSUPPORT: another version.  EPROTO: invalid.
 */
int xch_meeting_parse(const struct xch_meeting_text *text,
		      struct xch_meeting *out);
/** xch_meeting_new - a random generation, bound to none */
int xch_meeting_new(struct xch_meeting *m);

/**
 * xch_meeting_write - replace what @self has written for @peer
 *
 * All at once: the peer never sees a part of it.
 */
int xch_meeting_write(struct xs_handle *xs, uint16_t self, uint16_t peer,
		      const struct xch_meeting *m);
/** xch_meeting_read - what @peer has written for @self; errors as for parsing */
int xch_meeting_read(struct xs_handle *xs, uint16_t peer, uint16_t self,
		     struct xch_meeting *out);
/** xch_meeting_remove - what @self has written for @peer */
void xch_meeting_remove(struct xs_handle *xs, uint16_t self, uint16_t peer);
/** xch_meeting_remove_all - what a daemon has left that was killed */
void xch_meeting_remove_all(struct xs_handle *xs, uint16_t self);

#define XCH_MEETING_PATH 64
/** xch_meeting_path - of what @owner writes for @reader */
void xch_meeting_path(char *path, uint16_t owner, uint16_t reader);

#endif
