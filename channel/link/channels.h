/* SPDX-License-Identifier: GPL-2.0-only */
/* All channels of a link: who is who, whose turn it is, and what frames do. */
#ifndef XCH_LINK_CHANNELS_H
#define XCH_LINK_CHANNELS_H

#include "link/channel.h"

/**
 * xch_channels_init - an empty set
 * @max_theirs: number of channels that the peer may have opened at a time
 * @leftovers: where sockets of ended channels go
 *
 * The owner sets @set->max_ours when the peer has told its own limit.
 */
void xch_channels_init(struct xch_channels *set, struct xdc_loop *loop,
		       enum xch_role role, unsigned int max_theirs,
		       struct xch_leftovers *leftovers,
		       const struct xch_channels_ops *ops);
/** xch_channels_fini - end all; ops->closed() is called with @err */
void xch_channels_fini(struct xch_channels *set, int err);

/**
 * xch_channels_open - ask the peer for a channel
 * @fd: the program's socket; owned also if the call fails
 *
 * EUSERS: as many are open as the peer allows, or as many more still drain.
 */
int xch_channels_open(struct xch_channels *set, int fd,
		      const struct xch_open *open, struct xch_channel **out);
struct xch_channel *xch_channels_find(struct xch_channels *set, uint32_t id);
/** xch_channels_was_open - there is or was a channel with this id */
bool xch_channels_was_open(const struct xch_channels *set, uint32_t id);
/** xch_channels_was_theirs - and the peer has opened it */
bool xch_channels_was_theirs(const struct xch_channels *set, uint32_t id);

/**
 * xch_channels_receive - a frame that is about a channel
 *
 * Return: 0, or a negative errno value that ends the link.  EPROTO: an invalid
 * payload, a channel that never was, more than was allowed.
 */
int xch_channels_receive(struct xch_channels *set, const struct xch_frame *f);
/**
 * xch_channels_next - write the next frame to @out; 0: there is none
 *
 * Control frames come first, then the channels take turns.
 */
size_t xch_channels_next(struct xch_channels *set, uint8_t *out);

#endif
