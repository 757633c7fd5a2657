/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers of the peer's that are mapped here.
 *
 * The set keeps a buffer's dma-buf, so that sending it again costs nothing, until
 * it was neither sent nor used for a while, or the quota is nearly exhausted.  Work
 * that a device has not finished is a use: its fence is on the dma-buf, and gone with
 * it.
 * Then it asks the peer whether another message is under way (BUF_IDLE), closes
 * the dma-buf at its BUF_DROP, and reports the end when the lease is RETURNED: no
 * program and no device has it any more, and Xen has unmapped it.
 */
#ifndef XCH_LINK_MAPPED_H
#define XCH_LINK_MAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "common/loop.h"
#include "common/mappings.h"
#include "link/driver.h"
#include "link/frame.h"
#include "link/interest.h"
#include "link/talk.h"

enum xch_mapped_state {
	XCH_MAPPED_COLLECTING, /* references are still coming */
	XCH_MAPPED_HERE,
	XCH_MAPPED_ASKING, /* BUF_IDLE was said */
	XCH_MAPPED_LEAVING, /* the dma-buf is closed here */
	XCH_MAPPED_GONE /* its last frame has to be sent */
};

/* Frames to send, in this order */
#define XCH_MAPPED_SAY_MAPPED 1U
#define XCH_MAPPED_SAY_FAILED 2U
#define XCH_MAPPED_SAY_IDLE 4U
#define XCH_MAPPED_SAY_PINNED 8U
#define XCH_MAPPED_SAY_RETURNED 16U

struct xch_mapped_set;

struct xch_mapped {
	/* in the order of their last use */
	TAILQ_ENTRY(xch_mapped) all;
	struct xch_talker talker; /* says XCH_MAPPED_SAY_* */
	struct xch_mapped_set *set;
	struct xdc_source lease_source; /* fd -1: not watched */
	struct xendmabuf_lease *lease;
	int fd; /* the dma-buf; -1: closed here, and programs may have it */
	dev_t dev; /* as they know it */
	ino_t ino;
	enum xch_mapped_state state;
	uint32_t id;
	uint32_t pages;
	uint32_t charged; /* pages; 0 for an offer that will be refused */
	uint64_t bytes;
	bool read_only;
	uint32_t *refs; /* as they have come; counted once it is complete */
	bool counted; /* in mappings of the set */
	uint32_t nr_refs;
	int err;
	uint32_t bad; /* index of the reference at which mapping failed */
	uint32_t uses; /* attachments that have come */
	uint64_t last_use; /* ns */
	uint64_t revoke_at; /* ns; 0: not recalled */
	bool revoked;
	uint32_t pinned;
	struct xch_interests interests; /* of programs that have got it */
};

struct xch_mapped_ops {
	void (*wake)(struct xch_mapped_set *set);
	/* the peer wants it back; may be NULL */
	void (*recalled)(struct xch_mapped *buf, uint32_t ms);
	/* programs have it no more; may be NULL */
	void (*gone)(struct xch_mapped *buf);
};

struct xch_mapped_set {
	struct xdc_loop *loop;
	struct xch_driver *driver;
	const struct xch_mapped_ops *ops;
	TAILQ_HEAD(, xch_mapped) all;
	struct xch_talk talking;
	struct xdc_timer timer;
	struct xch_mapped *part; /* the offer that is not complete */
	uint64_t linger; /* ns */
	uint32_t last_id;
	/* what the peer was told in HELLO */
	uint32_t max_pages, max_buffers, max_total;
	/* at most these, and what the peer can grant: there it gets crowded */
	uint32_t crowd_buffers, crowd_total;
	uint32_t buffers, total;
	struct xdc_mappings mappings; /* references of what is mapped */
};

void xch_mapped_init(struct xch_mapped_set *set, struct xdc_loop *loop,
		     struct xch_driver *driver,
		     const struct xch_mapped_ops *ops);
/** xch_mapped_fini - programs keep what they have */
void xch_mapped_fini(struct xch_mapped_set *set);

/**
 * xch_mapped_attach - a message has come with a buffer
 * @fd: set to a new descriptor of its dma-buf; NULL: nobody takes it
 *
 * EPROTO: there is no such buffer.
 */
int xch_mapped_attach(struct xch_mapped_set *set, uint32_t id, int *fd);

/** xch_mapped_find - NULL: there is none, or no more */
struct xch_mapped *xch_mapped_find(struct xch_mapped_set *set, uint32_t id);

/** xch_mapped_receive - a frame about such a buffer; EPROTO ends the link */
int xch_mapped_receive(struct xch_mapped_set *set, const struct xch_frame *f);
/** xch_mapped_next - write the next frame to @out; 0: there is none */
size_t xch_mapped_next(struct xch_mapped_set *set, uint8_t *out);

#endif
