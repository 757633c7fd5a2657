/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxendmabuf-channel: a Unix socket that leads to a program in another Xen domain.
 *
 * xen-channeld(8) makes channels.  A channel is a connected AF_UNIX socket: bytes
 * go both ways, and descriptors that are sent with SCM_RIGHTS are made anew at the
 * other end, a dma-buf without a copy.  xen-channeld.conf(5) of both domains says who
 * may open one.  The library needs nothing of Xen's, no device and no privilege.
 *
 * Conventions, everywhere in this header:
 *
 *  - Functions return 0 (or a documented value) on success and a negative errno
 *    value on failure; errno itself is not part of the interface.
 *  - The caller closes the file descriptors that a function returns.  They are
 *    close-on-exec.
 *  - Structs that the library fills in may get further fields at their end.  So
 *    each call that fills one takes its size, as those of <xendmabuf.h> do.  EINVAL:
 *    the size is less than that of the struct's first version.
 *  - One thread at a time uses a handle.  Threads that use the channel's socket by
 *    themselves do not disturb it.  Closing NULL does nothing.
 *  - The environment variable XEN_CHANNEL_SOCKET names the daemon's control socket,
 *    if it is not the default one.
 *  - Where the daemon answers, calls wait for it: 35 seconds at most, also where it
 *    does not take the program in, as when it is stopped; xendmabuf_channel_accept()
 *    waits without limit, unless the descriptor does not block.  No call waits
 *    for the other domain but xendmabuf_channel_connect(), which waits 30 seconds at
 *    most, and those that send and receive, which wait as the socket does.
 */
#ifndef XENDMABUF_CHANNEL_H
#define XENDMABUF_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xendmabuf_channel;

/* The channel's socket does not block, and xendmabuf_channel_accept() does not */
#define XENDMABUF_CHANNEL_NONBLOCK 1U
/*
 * Messages do not wait for the sync_files that this end sends.  The program at the
 * other end gets an eventfd for each, which does not block, and is readable when the
 * fence has signalled: its value is 1, or twice the errno value with which the work has
 * failed (ETIME: not in time; EPIPE: this domain's end is gone).  Without the flag a
 * message waits, and brings a sync_file that has signalled.
 */
#define XENDMABUF_CHANNEL_LATE 2U

/**
 * xendmabuf_channel_connect - open a channel to a service of another domain
 * @peer: the domain's name, as the host or an introduction has it, or its number
 * @flags: XENDMABUF_CHANNEL_*
 * @out: the handle; close it with xendmabuf_channel_close()
 *
 * EINVAL: a name or flag is invalid.  ENOENT, ECONNREFUSED: xen-channeld does not run.
 * EPERM: no section [use] allows it.  ENOTCONN: there is no link to the domain, which
 * is not running or whose daemon is not.  EACCES: the domain does not allow it.
 * ECONNREFUSED: no program takes the channel there.  EPROTOTYPE: the two domains' files
 * have different types for the service.  EUSERS: as many channels are open as one of the
 * domains allows, or too many programs of this user ask the daemon.  EAGAIN: the domain is
 * asked for too many at a time.  ETIMEDOUT: the domain or the daemon does not answer.
 * EPIPE: the daemon has ended.
 */
int xendmabuf_channel_connect(const char *peer, const char *service,
			      unsigned int flags,
			      struct xendmabuf_channel **out);
/**
 * xendmabuf_channel_connect_start - ask for a channel, and do not wait for the other domain
 * @flags: XENDMABUF_CHANNEL_*
 * @pending: set to a descriptor for xendmabuf_channel_accept(), which is readable when
 *	the channel is there, or an error; closing it earlier gives the channel up
 *
 * xendmabuf_channel_accept() returns the channel once, or an error that
 * xendmabuf_channel_connect() has; with XENDMABUF_CHANNEL_NONBLOCK it does not wait,
 * either.  EINVAL, ENOENT, ECONNREFUSED: as xendmabuf_channel_connect(), at once.
 * EAGAIN: with XENDMABUF_CHANNEL_NONBLOCK, the daemon is busy.  ETIMEDOUT: without it, the
 * daemon has been too busy to take the program in for 35 seconds.
 */
int xendmabuf_channel_connect_start(const char *peer, const char *service,
				    unsigned int flags, int *pending);

/**
 * xendmabuf_channel_listen - offer a service that the configuration has
 * @flags: XENDMABUF_CHANNEL_*, of the channels that come, too
 * @listener: set to a descriptor for xendmabuf_channel_accept(), readable when a
 *	channel has come; closing it ends the offer, and no channel
 *
 * EPERM: no section [service] with a key user or group allows it.  EADDRINUSE: another
 * program listens.  EUSERS: too many programs of this user listen or ask.  ETIMEDOUT: the
 * daemon does not answer.  EINVAL, ENOENT, ECONNREFUSED: as xendmabuf_channel_connect().
 */
int xendmabuf_channel_listen(const char *service, unsigned int flags,
			     int *listener);
/**
 * xendmabuf_channel_accept - take the next channel that has come
 * @listener: what one of the two calls above has set
 * @out: the handle; close it with xendmabuf_channel_close()
 *
 * EAGAIN: none is there, and the listener does not block.  EPIPE: the daemon has
 * ended, or does not allow the service any more.  EINTR.
 */
int xendmabuf_channel_accept(int listener, struct xendmabuf_channel **out);

/**
 * xendmabuf_channel_fd - the channel's socket, which the handle owns
 *
 * A plain socket: use sendmsg(), poll() or a library's call on it, or give it to
 * another program.  After a failure it tells its end, as when the other program
 * closes its own.
 */
int xendmabuf_channel_fd(const struct xendmabuf_channel *ch);

#define XENDMABUF_CHANNEL_NAME_MAX 64

struct xendmabuf_channel_peer {
	/* as this domain's configuration may have it; its number, if it has no name */
	char name[XENDMABUF_CHANNEL_NAME_MAX];
	char service[XENDMABUF_CHANNEL_NAME_MAX];
	uint32_t domid;
	uint32_t type; /* SOCK_STREAM or SOCK_SEQPACKET */
};

/**
 * xendmabuf_channel_peer - which domain and service it leads to
 * @peer: filled in completely; the caller sets nothing
 * @size: sizeof(*peer)
 */
int xendmabuf_channel_peer(const struct xendmabuf_channel *ch,
			   struct xendmabuf_channel_peer *peer, size_t size);

/* Descriptors in one message */
#define XENDMABUF_CHANNEL_FDS_MAX 32U
/* Bytes of one datagram, of a service whose type is seqpacket */
#define XENDMABUF_CHANNEL_DATAGRAM_MAX 32768U

/**
 * xendmabuf_channel_send - bytes, and descriptors with the first of them
 * @fds: stay the caller's
 * @flags: 0 or MSG_DONTWAIT
 *
 * Return: the number of bytes, which may be less than @len on a stream.  EINVAL:
 * descriptors without a byte, or more than XENDMABUF_CHANNEL_FDS_MAX.  EAGAIN: the
 * other program does not read, and the socket does not block.  EPIPE: the channel has
 * ended.  EMSGSIZE: a datagram of more than
 * XENDMABUF_CHANNEL_DATAGRAM_MAX bytes.
 */
ssize_t xendmabuf_channel_send(struct xendmabuf_channel *ch, const void *data,
			       size_t len, const int *fds, size_t nr_fds,
			       unsigned int flags);
/**
 * xendmabuf_channel_recv - bytes, and the descriptors that came with them
 * @fds: room for *@nr_fds; the caller closes those that are set
 * @nr_fds: set to their number; NULL: descriptors that come are closed
 * @flags: 0 or MSG_DONTWAIT
 *
 * Return: the number of bytes; 0: the other program sends no more.  EAGAIN: nothing is
 * there, and the socket does not block.  EMSGSIZE: a datagram with more bytes or
 * descriptors than there is room for; it is lost.  On a stream EMSGSIZE is returned for
 * descriptors alone, and its bytes are lost, too.
 */
ssize_t xendmabuf_channel_recv(struct xendmabuf_channel *ch, void *data,
			       size_t len, int *fds, size_t *nr_fds,
			       unsigned int flags);

/**
 * xendmabuf_channel_memory - a dma-buf over a part of a memfd
 * @memfd: open for reading and writing; gets F_SEAL_SHRINK
 * @offset: bytes, in whole pages, as @size is; a memfd that ends within the last one
 *	grows to its end
 * @dmabuf_fd: set to a dma-buf over the pages that the memfd has now
 *
 * The daemon makes it, so that the program needs no access to /dev/udmabuf.  Pages that
 * the memfd gets later, where a hole was punched, are not in it.
 *
 * EPERM: the configuration does not let the channel send memory, or the memfd cannot be
 * sealed against shrinking, or is sealed against writing, or would have to grow and is
 * sealed against that.  EINVAL: not whole pages, or
 * not in the memfd, or not a memfd.  EFBIG: larger than udmabuf or max-memory allows.
 * EDQUOT: with what was sent already, or was made and is not closed, more than
 * max-memory or max-buffers allows, or than the grant table has room for.  It is granted
 * at once, so that a message with it is not refused for this, and stays so for two
 * seconds if it is not sent; while messages of this channel wait, for longer.
 * EOPNOTSUPP: the daemon has no access to /dev/udmabuf, or the link carries no
 * dma-bufs.  EPIPE: the link has ended.
 */
int xendmabuf_channel_memory(struct xendmabuf_channel *ch, int memfd,
			     uint64_t offset, uint64_t size, int *dmabuf_fd);

enum xendmabuf_channel_event_type {
	/*
	 * A buffer that was sent: nothing of the other domain's uses it any more, as
	 * Xen has confirmed, until it is sent again
	 */
	XENDMABUF_CHANNEL_RETURNED = 1,
	/*
	 * A buffer that has come: the other domain wants it back.  Let go of it within
	 * @ms milliseconds; then it is taken away
	 */
	XENDMABUF_CHANNEL_RECALLED,
	/* A buffer that was recalled: @users of the other domain do not let go */
	XENDMABUF_CHANNEL_PINNED,
	/*
	 * The channel has ended with @error, such as -ETIME for a fence.  Comes before
	 * the channel's socket tells its end
	 */
	XENDMABUF_CHANNEL_FAILED,
	/*
	 * The link to the other domain has ended, and so have all its channels.  The
	 * last event.  Buffers that have come stay valid.  Memory that was sent is the
	 * other domain's until the driver says so: see xendmabuf(1), list
	 */
	XENDMABUF_CHANNEL_PEER_GONE,
};

struct xendmabuf_channel_event {
	uint32_t type;
	int32_t error; /* FAILED: a negative errno value */
	/* RETURNED, RECALLED, PINNED: of the dma-buf or memfd, as fstat() tells */
	uint64_t dev;
	uint64_t ino;
	uint32_t ms; /* RECALLED */
	uint32_t users; /* PINNED */
};

/**
 * xendmabuf_channel_event_fd - a descriptor that is readable when there is an event
 *
 * The handle owns it.  The first call asks for events; what has ended before is not
 * told.  They come also after the channel has ended, until the handle is closed.
 * Who asks has to read them: if 1,024 wait, the last one is PEER_GONE.
 *
 * Return: the descriptor.  EPIPE: the link has ended.
 */
int xendmabuf_channel_event_fd(struct xendmabuf_channel *ch);
/**
 * xendmabuf_channel_event - the next event
 * @event: filled in completely; the caller sets nothing
 * @size: sizeof(*event)
 *
 * Does not wait.  EAGAIN: there is none.  EPIPE: PEER_GONE was the last.
 */
int xendmabuf_channel_event(struct xendmabuf_channel *ch,
			    struct xendmabuf_channel_event *event, size_t size);
/**
 * xendmabuf_channel_recall - ask for a buffer that was sent over this channel
 * @fd: the dma-buf or memfd; stays the caller's
 * @timeout_ms: until it is taken away from who has not let go; 0: at once
 *
 * Programs of the other domain are told.  RETURNED tells when it is back.  A message
 * with the buffer that has not left ends its channel with ESTALE.
 *
 * ENOENT: it was not sent over this channel, or is back already.  EALREADY: it was
 * recalled.  EPIPE: the link has ended.
 */
int xendmabuf_channel_recall(struct xendmabuf_channel *ch, int fd,
			     unsigned int timeout_ms);

/** xendmabuf_channel_close - close the channel's socket, and free the handle */
void xendmabuf_channel_close(struct xendmabuf_channel *ch);

#ifdef __cplusplus
}
#endif

#endif
