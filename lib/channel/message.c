// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/channel/handle.h"
#include "lib/channel/socket.h"

XDL_API ssize_t xendmabuf_channel_send(struct xendmabuf_channel *ch,
				       const void *data, size_t len,
				       const int *fds, size_t nr_fds,
				       unsigned int flags)
{
	ssize_t n;

	if (flags & ~(unsigned int)MSG_DONTWAIT || (nr_fds && (!len || !fds)) ||
	    nr_fds > XENDMABUF_CHANNEL_FDS_MAX)
		return -EINVAL;
	if (ch->peer.type == SOCK_SEQPACKET &&
	    len > XENDMABUF_CHANNEL_DATAGRAM_MAX)
		return -EMSGSIZE;
	n = xdl_socket_send(ch->fd, data, len, fds, nr_fds, (int)flags);
	/* the sockets are a pair, whose other end is the daemon's: it has ended */
	return n == -ECONNRESET ? -EPIPE : n;
}

XDL_API ssize_t xendmabuf_channel_recv(struct xendmabuf_channel *ch, void *data,
				       size_t len, int *fds, size_t *nr_fds,
				       unsigned int flags)
{
	int unwanted[XENDMABUF_CHANNEL_FDS_MAX];
	size_t nr = XENDMABUF_CHANNEL_FDS_MAX;
	ssize_t n;

	if (flags & ~(unsigned int)MSG_DONTWAIT)
		return -EINVAL;
	if (nr_fds)
		return xdl_socket_receive(ch->fd, data, len, fds, nr_fds,
					  (int)flags);
	n = xdl_socket_receive(ch->fd, data, len, unwanted, &nr, (int)flags);
	while (nr)
		close(unwanted[--nr]);
	return n;
}
