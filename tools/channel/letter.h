/* SPDX-License-Identifier: GPL-2.0-only */
/* A picture as it goes over a channel: a line that describes it, with the memory that
 * it is in, and bytes that belong to it.
 *
 *	xendmabuf-picture 1 WIDTH HEIGHT STRIDE FORMAT METADATA-BYTES
 */
#ifndef XT_LETTER_H
#define XT_LETTER_H

#include <stddef.h>
#include <xendmabuf-channel.h>

#include "picture/picture.h"

/* With its line it fits into one datagram */
#define XT_LETTER_METADATA_MAX (XENDMABUF_CHANNEL_DATAGRAM_MAX - 128U)

struct xt_letter {
	struct xt_picture pic;
	int memory; /* a dma-buf, or a memfd whose content was copied; -1: none */
	char *metadata; /* NULL: none */
	size_t len; /* of the metadata */
};

/**
 * xt_letter_send - all of it
 *
 * EMSGSIZE: the metadata is too long.  Or an error of the channel.
 */
int xt_letter_send(struct xendmabuf_channel *ch, const struct xt_letter *l);
/**
 * xt_letter_receive - fills in @l, which xt_letter_free() frees
 *
 * EPROTO: what comes is no such picture.  EPIPE: the channel has ended.
 */
int xt_letter_receive(struct xendmabuf_channel *ch, struct xt_letter *l);
void xt_letter_free(struct xt_letter *l);

#endif
