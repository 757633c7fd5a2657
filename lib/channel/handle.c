// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/channel/handle.h"

static int set_blocking(int fd, bool block)
{
	int flags = fcntl(fd, F_GETFL);

	flags = block ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) ? -errno : 0;
}

int xdl_channel_create(const struct xendmabuf_channel_peer *peer,
		       const int *fds, unsigned int flags,
		       struct xendmabuf_channel **out)
{
	struct xendmabuf_channel *ch = calloc(1, sizeof(*ch));
	int err = ch ? 0 : -ENOMEM;

	if (!err)
		err = set_blocking(fds[0],
				   !(flags & XENDMABUF_CHANNEL_NONBLOCK));
	if (err) {
		close(fds[0]);
		close(fds[1]);
		free(ch);
		return err;
	}
	ch->fd = fds[0];
	ch->notices = fds[1];
	ch->peer = *peer;
	ch->poll = ch->wake = -1;
	STAILQ_INIT(&ch->kept);
	*out = ch;
	return 0;
}

XDL_API int xendmabuf_channel_fd(const struct xendmabuf_channel *ch)
{
	return ch->fd;
}

int xdl_fill(void *out, size_t size, const void *from, size_t known,
	     size_t first)
{
	if (size < first)
		return -EINVAL;
	memset(out, 0, size);
	memcpy(out, from, size < known ? size : known);
	return 0;
}

XDL_API int xendmabuf_channel_peer(const struct xendmabuf_channel *ch,
				   struct xendmabuf_channel_peer *peer,
				   size_t size)
{
	return xdl_fill(peer, size, &ch->peer, sizeof(ch->peer),
			sizeof(ch->peer));
}

XDL_API void xendmabuf_channel_close(struct xendmabuf_channel *ch)
{
	struct xdl_kept *kept;

	if (!ch)
		return;
	while ((kept = STAILQ_FIRST(&ch->kept))) {
		STAILQ_REMOVE_HEAD(&ch->kept, link);
		free(kept);
	}
	if (ch->poll >= 0)
		close(ch->poll);
	if (ch->wake >= 0)
		close(ch->wake);
	close(ch->notices);
	close(ch->fd);
	free(ch);
}
