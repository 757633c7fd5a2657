// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "link/ring.h"

_Static_assert(sizeof(struct xch_ring_end) == 64, "a cache line");
_Static_assert(sizeof(struct xch_ring_control) == 64 * 5, "control page");
_Static_assert(offsetof(struct xch_ring_control, from) == 64, "control page");

static uint32_t load_index(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void store_index(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static struct xch_ring_way *out_way(const struct xch_ring *r)
{
	return &r->control->from[r->role];
}

static struct xch_ring_way *in_way(const struct xch_ring *r)
{
	return &r->control->from[!r->role];
}

void xch_ring_format(const struct xch_ring_memory *memory)
{
	memset(memory->control, 0, XCH_PAGE);
	memory->control->magic = XCH_RING_MAGIC;
	memory->control->version = XCH_RING_VERSION;
	memory->control->pages = memory->pages;
}

int xch_ring_attach(struct xch_ring *r, const struct xch_ring_memory *memory,
		    enum xch_role role)
{
	struct xch_ring_control *c = memory->control;
	uint32_t pages = memory->pages;

	if (!pages || pages & (pages - 1) || pages > XCH_RING_PAGES_MAX)
		return -EINVAL;
	if (load_index(&c->magic) != XCH_RING_MAGIC ||
	    load_index(&c->version) != XCH_RING_VERSION ||
	    load_index(&c->pages) != pages)
		return -EPROTO;
	memset(r, 0, sizeof(*r));
	r->control = c;
	r->role = role;
	r->size = pages * XCH_PAGE;
	r->out = memory->bytes[role];
	r->in = memory->bytes[!role];
	__atomic_store_n(&c->live[role], 1, __ATOMIC_RELEASE);
	return 0;
}

void xch_ring_detach(struct xch_ring *r)
{
	if (r->control)
		__atomic_store_n(&r->control->live[r->role], 0,
				 __ATOMIC_RELEASE);
	r->control = NULL;
}

bool xch_ring_peer_lives(const struct xch_ring *r)
{
	return __atomic_load_n(&r->control->live[!r->role], __ATOMIC_ACQUIRE);
}

/* Room to write.  The peer's index may neither pass ours nor go back. */
static int64_t find_room(struct xch_ring *r)
{
	uint32_t unread = r->produced - load_index(&out_way(r)->receiver.index);

	if (unread > r->unread)
		return -EPROTO;
	r->unread = unread;
	return r->size - unread;
}

/* Bytes to read.  The peer's index may neither run a ring ahead nor go back. */
static int64_t find_bytes(struct xch_ring *r)
{
	uint32_t waiting = load_index(&in_way(r)->sender.index) - r->consumed;

	if (waiting > r->size || waiting < r->waiting)
		return -EPROTO;
	r->waiting = waiting;
	return waiting;
}

ssize_t xch_ring_write(struct xch_ring *r, const void *data, size_t len)
{
	uint32_t at = r->produced & (r->size - 1);
	int64_t room = find_room(r);
	size_t first;

	if (room < 0)
		return (ssize_t)room;
	if (len > (size_t)room)
		len = (size_t)room;
	first = len < r->size - at ? len : r->size - at;
	memcpy(r->out + at, data, first);
	memcpy(r->out, (const uint8_t *)data + first, len - first);
	r->produced += (uint32_t)len;
	r->unread += (uint32_t)len;
	return (ssize_t)len;
}

ssize_t xch_ring_read(struct xch_ring *r, void *data, size_t len)
{
	uint32_t at = r->consumed & (r->size - 1);
	int64_t waiting = find_bytes(r);
	size_t first;

	if (waiting < 0)
		return (ssize_t)waiting;
	if (len > (size_t)waiting)
		len = (size_t)waiting;
	first = len < r->size - at ? len : r->size - at;
	memcpy(data, r->in + at, first);
	memcpy((uint8_t *)data + first, r->in, len - first);
	r->consumed += (uint32_t)len;
	r->waiting -= (uint32_t)len;
	return (ssize_t)len;
}

/* The peer asked for an event at @wake, which lies between @from and @to */
static bool passes_wake(uint32_t from, uint32_t to, uint32_t wake)
{
	return to - wake < to - from;
}

bool xch_ring_flush(struct xch_ring *r)
{
	uint32_t published = r->published, released = r->released;

	if (published == r->produced && released == r->consumed)
		return false;
	r->published = r->produced;
	r->released = r->consumed;
	store_index(&out_way(r)->sender.index, r->produced);
	store_index(&in_way(r)->receiver.index, r->consumed);
	/* the peer asks first and then looks at the index; here it is reverse */
	full_barrier();
	return passes_wake(published, r->produced,
			   load_index(&out_way(r)->receiver.wake)) ||
	       passes_wake(released, r->consumed,
			   load_index(&in_way(r)->sender.wake));
}

int xch_ring_await_bytes(struct xch_ring *r)
{
	int64_t waiting;

	store_index(&in_way(r)->receiver.wake, r->consumed + 1);
	full_barrier();
	waiting = find_bytes(r);
	return waiting < 0 ? (int)waiting : waiting > 0;
}

/* An event for each byte that is read would be too many: a quarter is free */
int xch_ring_await_room(struct xch_ring *r)
{
	int64_t room;

	store_index(&out_way(r)->sender.wake,
		    r->produced - r->size + r->size / 4);
	full_barrier();
	room = find_room(r);
	return room < 0 ? (int)room : room > 0;
}
