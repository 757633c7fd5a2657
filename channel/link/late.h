/* SPDX-License-Identifier: GPL-2.0-only */
/* Late fences: messages that do not wait for the sync_files in them.
 *
 * The peer's program gets an eventfd instead, which is readable when this end says
 * SIGNAL: its value is 1, or twice the errno value with which the work has ended.
 * They are the link's, and outlive the channel whose message had them.
 */
#ifndef XCH_LINK_LATE_H
#define XCH_LINK_LATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/loop.h"
#include "link/frame.h"

struct xch_late;
struct xch_late_set;

struct xch_late_ops {
	/* the set has a frame to send */
	void (*wake)(struct xch_late_set *set);
	/* one less of this end's is pending */
	void (*room)(struct xch_late_set *set);
};

struct xch_late_set {
	struct xdc_loop *loop;
	const struct xch_late_ops *ops;
	/* what this end has sent, and what has come; the oldest first */
	TAILQ_HEAD(xch_late_list, xch_late) sent, come;
	TAILQ_HEAD(, xch_late) talking; /* those that have signalled */
	struct xdc_timer timer;
	uint64_t timeout; /* ns that a fence may take */
	/* may be pending, of this end's and of the peer's */
	unsigned int max_ours, max_theirs;
	unsigned int ours, theirs;
	uint32_t last_ours, last_theirs; /* ids */
};

/**
 * xch_late_init - an empty set
 * @timeout: ns after which a fence has failed with ETIME
 *
 * The owner sets @set->max_ours when the peer has told its own limit.
 */
void xch_late_init(struct xch_late_set *set, struct xdc_loop *loop,
		   unsigned int max_theirs, uint64_t timeout,
		   const struct xch_late_ops *ops);
/** xch_late_fini - those that have come end with EPIPE */
void xch_late_fini(struct xch_late_set *set);

/**
 * xch_late_create - for a sync_file that will be sent
 * @sync_file: stays the caller's
 *
 * Return: 0.  ENOMEM.  EMFILE: no descriptor is left.
 */
int xch_late_create(struct xch_late_set *set, int sync_file,
		    struct xch_late **out);
/** xch_late_destroy - of one that was not sent; ignores NULL */
void xch_late_destroy(struct xch_late *late);
/** xch_late_has_room - for so many more, which the peer allows */
bool xch_late_has_room(const struct xch_late_set *set, unsigned int nr);
/**
 * xch_late_send - it goes to the peer with the next frame; there is room for it
 *
 * The set owns it from now on.  Return: its id on the link.
 */
uint32_t xch_late_send(struct xch_late *late);
/**
 * xch_late_come - one has come
 * @fd: set to an eventfd for the program; NULL: no program takes it
 *
 * EPROTO: not the next id, or more than are allowed.  ENOMEM, EMFILE.
 */
int xch_late_come(struct xch_late_set *set, uint32_t id, int *fd);
/** xch_late_receive - SIGNAL.  EPROTO: of none that is pending */
int xch_late_receive(struct xch_late_set *set, const struct xch_frame *f);
/** xch_late_next - write the next SIGNAL to @out; 0: there is none */
size_t xch_late_next(struct xch_late_set *set, uint8_t *out);

#endif
