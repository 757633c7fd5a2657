/* SPDX-License-Identifier: GPL-2.0-only */
/* The shared ring of a link: a control page, and pages of bytes for each way.
 *
 * The peer can write to the control page and to the bytes at any time.  Indices
 * that decide where this end reads or writes are kept in private memory; an
 * index of the peer's is loaded once and checked; bytes are copied once.
 *
 * One thread of each end may use a ring.
 */
#ifndef XCH_LINK_RING_H
#define XCH_LINK_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define XCH_PAGE 4096U
#define XCH_RING_MAGIC 0x78634c6bU
#define XCH_RING_VERSION 1U
/* pages of bytes for each way: a power of two */
#define XCH_RING_PAGES 16U
#define XCH_RING_PAGES_MAX 256U

/* The server grants the pages; the client maps them. */
enum xch_role { XCH_SERVER, XCH_CLIENT };

/* A cache line that one end alone writes */
struct xch_ring_end {
	uint32_t index; /* bytes written, or read, since the link began */
	uint32_t wake; /* send an event when the other end's index gets here */
	uint32_t unused[14];
};

/* One direction */
struct xch_ring_way {
	struct xch_ring_end sender;
	struct xch_ring_end receiver;
};

/* The control page; numbers are in the byte order of the machine */
struct xch_ring_control {
	uint32_t magic;
	uint32_t version;
	uint32_t pages; /* of bytes, for each way */
	/* by role: 1 while the end lives; unmap-notify clears it */
	uint8_t live[2];
	uint8_t unused[50];
	struct xch_ring_way from[2]; /* by the sender's role */
};

/* Where a ring's pages are mapped */
struct xch_ring_memory {
	struct xch_ring_control *control;
	void *bytes[2]; /* by the sender's role */
	uint32_t pages; /* of each of these */
};

struct xch_ring {
	struct xch_ring_control *control;
	enum xch_role role;
	uint32_t size; /* bytes for each way, a power of two */
	uint8_t *out;
	const uint8_t *in;
	uint32_t produced; /* bytes put into the ring */
	uint32_t published; /* of these, announced to the peer */
	uint32_t unread; /* of these, not read when the peer was last asked */
	uint32_t consumed; /* bytes taken out of the ring */
	uint32_t released; /* of these, announced to the peer */
	uint32_t waiting; /* bytes known to be in the ring and not taken */
};

/** xch_ring_format - the server writes a new control page */
void xch_ring_format(const struct xch_ring_memory *memory);

/**
 * xch_ring_attach - use a ring from the one end
 *
 * The memory stays the caller's.  EINVAL: the number of pages is no power of two
 * or too large.  EPROTO: the control page is not that of such a ring.
 */
int xch_ring_attach(struct xch_ring *r, const struct xch_ring_memory *memory,
		    enum xch_role role);
/** xch_ring_detach - tell the peer that this end is gone */
void xch_ring_detach(struct xch_ring *r);
/** xch_ring_peer_lives - the peer has attached and not detached */
bool xch_ring_peer_lives(const struct xch_ring *r);

/*
 * Each returns a number of bytes, or EPROTO: the peer's index is invalid, and
 * the ring must not be used again.
 */
/** xch_ring_write - as much of @data as fits, seen by the peer when flushed */
ssize_t xch_ring_write(struct xch_ring *r, const void *data, size_t len);
/** xch_ring_read - at most @len bytes; their room is the peer's when flushed */
ssize_t xch_ring_read(struct xch_ring *r, void *data, size_t len);

/**
 * xch_ring_flush - announce what was written and read
 *
 * Return: true if the peer has asked for an event.
 */
bool xch_ring_flush(struct xch_ring *r);

/*
 * Before waiting for an event: each asks the peer for one, and returns whether
 * there is a reason not to wait: 1, 0 or EPROTO.
 */
/** xch_ring_await_bytes - 1: there are bytes to read */
int xch_ring_await_bytes(struct xch_ring *r);
/** xch_ring_await_room - for a full ring; 1: there is room to write */
int xch_ring_await_room(struct xch_ring *r);

#endif
