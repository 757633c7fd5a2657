/* SPDX-License-Identifier: GPL-2.0-only */
/* Content of small files that comes with a message, and becomes sealed memfds.
 *
 * The blobs of one message come before it, by parts, and those of no other message
 * between them: so one message's are all that a link ever holds.
 */
#ifndef XCH_LINK_BLOB_H
#define XCH_LINK_BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "link/frame.h"

struct xch_blobs {
	uint32_t max_bytes; /* of one */
	uint32_t channel; /* whose they are; 0: there are none */
	uint32_t last_id;
	unsigned int nr; /* complete ones */
	struct {
		uint32_t id;
		int fd;
	} done[XCH_ATTACHMENTS_MAX];
	int part; /* a memfd; -1: none is begun */
	uint32_t part_total, part_at;
	uint64_t bytes; /* of all of them */
	int err; /* why this message cannot be had */
};

void xch_blobs_init(struct xch_blobs *b, uint32_t max_bytes);
/** xch_blobs_clear - drop them; the message has come, or never will */
void xch_blobs_clear(struct xch_blobs *b);
/**
 * xch_blobs_receive - a part
 * @room: bytes that may be held
 *
 * EPROTO: not in order, or of another channel, and the link ends.  A blob that is
 * too large, or for which there is no room or memory, fails with
 * xch_blobs_take().
 */
int xch_blobs_receive(struct xch_blobs *b, const struct xch_frame *f,
		      uint64_t room);
/**
 * xch_blobs_take - the memfd of a complete blob, now the caller's
 *
 * EPROTO: there is none.  EFBIG, EDQUOT, ENOMEM: see above.
 */
int xch_blobs_take(struct xch_blobs *b, uint32_t channel, uint32_t id);

#endif
