/* SPDX-License-Identifier: GPL-2.0-only */
/* Channels of xen-channeld, opened for a command */
#ifndef XT_CHANNEL_H
#define XT_CHANNEL_H

#include <xendmabuf-channel.h>

#include "channel/relay.h"

/** xt_channel_connect - tells the user why not; returns an exit status */
int xt_channel_connect(const char *peer, const char *service,
		       struct xendmabuf_channel **ch);
/** xt_channel_listen - tells the user why not; returns an exit status */
int xt_channel_listen(const char *service, int *listener);

/** xt_channel_accept_one - listen until one channel comes; an exit status */
int xt_channel_accept_one(const char *service, struct xendmabuf_channel **ch);

/** xt_channel_end - for xt_relay() */
struct xt_end xt_channel_end(const struct xendmabuf_channel *ch);
/** xt_channel_stdio - this process' input and output, for xt_relay() */
struct xt_end xt_channel_stdio(void);
/**
 * xt_channel_lost - @event has ended the channel, which the user is told
 *
 * An exit status; that of success, if the event is another one.
 */
int xt_channel_lost(const struct xendmabuf_channel_event *event);
/**
 * xt_channel_check_end - it has ended: by its program, or was something lost?
 *
 * An exit status.  xendmabuf_channel_event_fd() has to have been called before.
 */
int xt_channel_check_end(struct xendmabuf_channel *ch);
/** xt_channel_carry - join it to another end; an exit status */
int xt_channel_carry(struct xendmabuf_channel *ch, const struct xt_end *other);
/** xt_channel_exec - become a command whose input and output the channel is */
int xt_channel_exec(struct xendmabuf_channel *ch, char **command);

#endif
