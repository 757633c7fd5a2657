/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDL_CHANNEL_HANDLE_H
#define XDL_CHANNEL_HANDLE_H

#include <stdbool.h>
#include <sys/queue.h>
#include <xendmabuf-channel.h>

#include "lib/api.h"

/* An event that came before a result */
struct xdl_kept {
	STAILQ_ENTRY(xdl_kept) link;
	struct xendmabuf_channel_event event;
};

struct xendmabuf_channel {
	int fd; /* the channel */
	int notices; /* its second socket */
	struct xendmabuf_channel_peer peer;
	bool subscribed;
	bool over; /* PEER_GONE was told */
	/* the oldest first */
	STAILQ_HEAD(xdl_kept_list, xdl_kept) kept;
	/* what the program polls: @notices, and @wake while events are kept; or -1 */
	int poll, wake;
};

/**
 * xdl_channel_create - a handle for what the daemon has sent
 * @fds: the channel and its second socket; owned also if the call fails
 */
int xdl_channel_create(const struct xendmabuf_channel_peer *peer,
		       const int *fds, unsigned int flags,
		       struct xendmabuf_channel **out);
/** xdl_fill - give a caller as much of a struct as it knows, see <xendmabuf.h> */
int xdl_fill(void *out, size_t size, const void *from, size_t known,
	     size_t first);

#endif
