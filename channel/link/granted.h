/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers of this domain's programs that the peer may map.
 *
 * Memory that a program has asked a dma-buf of is granted before the program sends it:
 * while it can still do without, it hears that there is no room.
 *
 * A buffer is granted once, and sent often: it is known by its inode, which the
 * driver keeps until the grant has ended.  It is charged until Xen has confirmed
 * the end, not until the peer has promised it.
 */
#ifndef XCH_LINK_GRANTED_H
#define XCH_LINK_GRANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "common/loop.h"
#include "link/driver.h"
#include "link/frame.h"
#include "link/interest.h"
#include "link/memory.h"
#include "link/talk.h"

enum xch_granted_state {
	XCH_GRANTED_RESERVED, /* no message has it yet; the peer does not know of it */
	XCH_GRANTED_OFFERING, /* references are being sent */
	XCH_GRANTED_OFFERED, /* the peer has not answered */
	XCH_GRANTED_MAPPED,
	XCH_GRANTED_OVER, /* not sent any more, the peer may still map it */
	XCH_GRANTED_ENDING /* the peer is done; the lease is not RETURNED yet */
};

/* Frames to send, in this order */
#define XCH_GRANTED_SAY_OFFER 1U
#define XCH_GRANTED_SAY_DROP 2U
#define XCH_GRANTED_SAY_RECALL 4U

struct xch_granted_set;

struct xch_granted {
	TAILQ_ENTRY(xch_granted) all;
	struct xch_talker talker; /* says XCH_GRANTED_SAY_* */
	struct xch_granted_set *set;
	struct xdc_source lease_source;
	struct xendmabuf_lease *lease;
	enum xch_granted_state state;
	uint32_t id; /* once it is offered, in this order */
	uint64_t lapses; /* ns; of one that is reserved */
	const void *owner; /* likewise: who has reserved it, and may be gone */
	/* the key */
	dev_t dev;
	ino_t ino;
	bool read_only;
	uint64_t bytes;
	struct xch_memory *memory; /* of a program's, or NULL: a dma-buf */
	bool stale; /* the program's memory has other pages now */
	uint32_t pages;
	uint32_t *refs; /* until the peer has answered */
	uint32_t offered; /* references sent */
	bool recalled;
	uint32_t recall_ms;
	int err; /* why the peer could not map it */
	unsigned int holds; /* messages that wait, or will send it */
	uint32_t sent; /* attachments that have gone to the peer */
	bool idle; /* the peer does not use it, after so many attachments: */
	uint32_t idle_after;
	uint32_t pinned; /* users at the peer that do not let go */
	struct xch_interests interests; /* of programs that have sent it */
};

struct xch_granted_ops {
	void (*wake)(struct xch_granted_set *set);
	/* xch_granted_ready() may say something else now */
	void (*settled)(struct xch_granted *buf);
	/* unmapped at the peer; freed after the call; may be NULL */
	void (*returned)(struct xch_granted *buf);
	/* a message with it, which is reserved, may be on its way; may be NULL */
	bool (*awaited)(const struct xch_granted *buf);
	/* its @pinned has changed; may be NULL */
	void (*pinned)(struct xch_granted *buf);
};

struct xch_granted_set {
	struct xdc_loop *loop;
	struct xch_driver *driver;
	const struct xch_granted_ops *ops;
	TAILQ_HEAD(, xch_granted) all;
	struct xch_talk talking;
	struct xdc_timer retry; /* of leases that cannot be watched */
	struct xdc_timer lapse; /* of what is reserved */
	uint32_t last_id;
	/* what the peer maps, and what the configuration allows */
	uint32_t max_pages, max_buffers, max_total;
	uint32_t driver_total; /* pages that the driver can grant at a time; 0: unknown */
	uint32_t buffers, total;
};

void xch_granted_init(struct xch_granted_set *set, struct xdc_loop *loop,
		      struct xch_driver *driver,
		      const struct xch_granted_ops *ops);
/** xch_granted_fini - revoke all; memory that the peer maps is not reused */
void xch_granted_fini(struct xch_granted_set *set);

/**
 * xch_granted_get - a buffer for a message, granted if it is not
 * @fd: the dma-buf; still the caller's
 * @buf: held until xch_granted_put()
 *
 * EDQUOT: too many, or too much memory.  EFBIG: larger than the peer maps.
 * Otherwise an error of xendmabuf_grant().
 */
int xch_granted_get(struct xch_granted_set *set, int fd, bool read_only,
		    struct xch_granted **buf);
/**
 * xch_granted_reserve - grant a buffer that a program is going to send
 * @fd: the dma-buf; still the caller's
 * @bytes: its size
 * @owner: for ops->awaited()
 *
 * It is granted as xch_granted_get() would do it, which finds it.  The peer is told by
 * then; if no message has it within two seconds, and none is awaited, it ends.
 *
 * EDQUOT: too many, or too much memory, or no room in the grant table.  Or as
 * xch_granted_get().
 */
int xch_granted_reserve(struct xch_granted_set *set, int fd, uint64_t bytes,
			bool read_only, const void *owner);
/**
 * xch_granted_get_memory - a dma-buf over the pages of a program's memory
 * @fd: the memfd; still the caller's, sealed against shrinking, and grown to whole
 *	pages
 *
 * As xch_granted_get().  Memory that has other pages than when it was granted is
 * granted anew.  Or an error of xch_memory_make().
 */
int xch_granted_get_memory(struct xch_granted_set *set,
			   const struct xch_memory_maker *maker, int fd,
			   bool read_only, struct xch_granted **buf);
/**
 * xch_granted_room - whether a buffer of so many pages could be granted now
 *
 * EFBIG, EDQUOT: as xch_granted_get().  EOPNOTSUPP: the peer maps no buffers.
 */
int xch_granted_room(const struct xch_granted_set *set, uint64_t pages);
/**
 * xch_granted_may_fit - whether what failed with @err may be granted later
 *
 * Of what others have, something may end meanwhile.
 */
bool xch_granted_may_fit(const struct xch_granted_set *set, uint64_t pages,
			 int err);
/** xch_granted_ready - 1: may be sent; 0: not yet; or why it never will be */
int xch_granted_ready(const struct xch_granted *buf);
/** xch_granted_send - an attachment goes to the peer */
void xch_granted_send(struct xch_granted *buf);
void xch_granted_put(struct xch_granted *buf);
/** xch_granted_recall - ask the peer to let go; it is revoked after @ms */
void xch_granted_recall(struct xch_granted *buf, uint32_t ms);
/**
 * xch_granted_other - another grant of the same memory that has not ended, or NULL
 *
 * The peer may keep the first while the memory is sent again: see find_key().
 */
struct xch_granted *xch_granted_other(const struct xch_granted *buf);
/**
 * xch_granted_recall_all - every grant of the memory of @buf; @buf may be freed
 *
 * EALREADY: all of them are recalled.
 */
int xch_granted_recall_all(const struct xch_granted *buf, uint32_t ms);

/** xch_granted_receive - a frame about such a buffer; EPROTO ends the link */
int xch_granted_receive(struct xch_granted_set *set, const struct xch_frame *f);
/** xch_granted_next - write the next frame to @out; 0: there is none */
size_t xch_granted_next(struct xch_granted_set *set, uint8_t *out);

#endif
