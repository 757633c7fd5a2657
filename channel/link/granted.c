// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/container_of.h"
#include "link/granted.h"

#define PAGE 4096U
#define RETRY XDC_NS_PER_S
/* Longer than a program takes to send what was made for it */
#define RESERVED (2 * XDC_NS_PER_S)

static void check_leases(struct xdc_timer *t);
static void end_lapsed(struct xdc_timer *t);

void xch_granted_init(struct xch_granted_set *set, struct xdc_loop *loop,
		      struct xch_driver *driver,
		      const struct xch_granted_ops *ops)
{
	memset(set, 0, sizeof(*set));
	set->loop = loop;
	set->driver = driver;
	set->ops = ops;
	TAILQ_INIT(&set->all);
	TAILQ_INIT(&set->talking);
	xdc_timer_init(loop, &set->retry, check_leases);
	xdc_timer_init(loop, &set->lapse, end_lapsed);
}

static void queue_frame(struct xch_granted *buf, unsigned int say)
{
	xch_talk_add(&buf->set->talking, &buf->talker, say);
	buf->set->ops->wake(buf->set);
}

static void stop_saying(struct xch_granted *buf, unsigned int what)
{
	xch_talk_drop(&buf->set->talking, &buf->talker, what);
}

static void free_buffer(struct xch_granted *buf)
{
	struct xch_granted_set *set = buf->set;

	stop_saying(buf, ~0U);
	xdc_loop_remove(set->loop, &buf->lease_source);
	set->driver->ops->close(buf->lease);
	TAILQ_REMOVE(&set->all, buf, all);
	set->buffers--;
	set->total -= buf->pages;
	xch_memory_free(buf->memory);
	free(buf->refs);
	free(buf);
}

void xch_granted_fini(struct xch_granted_set *set)
{
	struct xch_granted *buf;

	while ((buf = TAILQ_FIRST(&set->all)))
		free_buffer(buf);
	xdc_timer_fini(&set->retry);
	xdc_timer_fini(&set->lapse);
}

/* True: freed */
static bool free_if_returned(struct xch_granted *buf)
{
	struct xch_granted_set *set = buf->set;
	struct xch_lease_state state;

	if (buf->state != XCH_GRANTED_ENDING || buf->holds ||
	    set->driver->ops->look(buf->lease, &state) || !state.returned)
		return false;
	if (set->ops->returned)
		set->ops->returned(buf);
	free_buffer(buf);
	return true;
}

static void check_leases(struct xdc_timer *t)
{
	struct xch_granted_set *set =
		container_of(t, struct xch_granted_set, retry);
	struct xch_granted *buf, *next;
	bool again = false;

	for (buf = TAILQ_FIRST(&set->all); buf; buf = next) {
		next = TAILQ_NEXT(buf, all);
		if (buf->state == XCH_GRANTED_ENDING && !free_if_returned(buf))
			again |= buf->lease_source.fd < 0;
	}
	if (again)
		xdc_timer_in(t, RETRY);
}

static void lease_ready(struct xdc_source *s, uint32_t events)
{
	free_if_returned(container_of(s, struct xch_granted, lease_source));
}

/* The peer is done: what it says is only a reason to look */
static void end_lease(struct xch_granted *buf)
{
	struct xch_granted_set *set = buf->set;

	stop_saying(buf, ~0U);
	free(buf->refs);
	buf->refs = NULL;
	buf->state = XCH_GRANTED_ENDING;
	set->driver->ops->revoke(buf->lease);
	buf->lease_source.ready = lease_ready;
	buf->lease_source.fd = set->driver->ops->lease_fd(buf->lease);
	if (xdc_loop_add(set->loop, &buf->lease_source, EPOLLIN)) {
		buf->lease_source.fd = -1;
		xdc_timer_in(&set->retry, RETRY);
	}
	free_if_returned(buf);
}

/* A message that is read late must find what its program was promised */
static bool is_awaited(const struct xch_granted *buf)
{
	const struct xch_granted_ops *ops = buf->set->ops;

	return ops->awaited && ops->awaited(buf);
}

/* The oldest stays the first */
static void renew_reservation(struct xch_granted *buf, uint64_t now)
{
	struct xch_granted_set *set = buf->set;

	buf->lapses = now + RESERVED;
	TAILQ_REMOVE(&set->all, buf, all);
	TAILQ_INSERT_TAIL(&set->all, buf, all);
}

static void set_lapse(struct xch_granted_set *set)
{
	struct xch_granted *buf;

	TAILQ_FOREACH(buf, &set->all, all)
	if (buf->state == XCH_GRANTED_RESERVED)
		break;
	xdc_timer_at(&set->lapse, buf ? buf->lapses : 0);
}

static void end_lapsed(struct xdc_timer *t)
{
	struct xch_granted_set *set =
		container_of(t, struct xch_granted_set, lapse);
	struct xch_granted *buf, *next;
	uint64_t now = xdc_now();

	for (buf = TAILQ_FIRST(&set->all); buf; buf = next) {
		next = TAILQ_NEXT(buf, all);
		if (buf->state != XCH_GRANTED_RESERVED || now < buf->lapses)
			continue;
		if (is_awaited(buf))
			renew_reservation(buf, now);
		else
			end_lease(buf);
	}
	set_lapse(set);
}

static struct xch_granted *find_key(struct xch_granted_set *set,
				    const struct stat *st, bool read_only)
{
	struct xch_granted *buf;

	TAILQ_FOREACH(buf, &set->all, all)
	if (buf->state <= XCH_GRANTED_MAPPED && !buf->recalled && !buf->stale &&
	    buf->ino == st->st_ino && buf->dev == st->st_dev &&
	    buf->read_only == read_only)
		return buf;
	return NULL;
}

/* What is stale stays until the peer has no use for it any more */
static struct xch_granted *find_memory(struct xch_granted_set *set,
				       const struct stat *st, bool read_only)
{
	struct xch_granted *buf = find_key(set, st, read_only);

	if (!buf)
		return NULL;
	buf->stale = buf->bytes != (uint64_t)st->st_size ||
		     !xch_memory_intact(buf->memory);
	return buf->stale ? NULL : buf;
}

static int check_quota(const struct xch_granted_set *set, uint64_t pages)
{
	if (pages > set->max_pages)
		return -EFBIG;
	if (set->buffers >= set->max_buffers ||
	    pages > set->max_total - set->total)
		return -EDQUOT;
	return 0;
}

int xch_granted_room(const struct xch_granted_set *set, uint64_t pages)
{
	return set->max_buffers ? check_quota(set, pages) : -EOPNOTSUPP;
}

bool xch_granted_may_fit(const struct xch_granted_set *set, uint64_t pages,
			 int err)
{
	if (set->driver_total && pages > set->driver_total)
		return false;
	return err == -ENOSPC ||
	       (err == -EDQUOT && set->max_buffers && pages <= set->max_total);
}

static int grant_buffer(struct xch_granted_set *set, int fd,
			struct xch_granted *buf)
{
	int err;

	buf->refs = calloc(buf->pages, sizeof(*buf->refs));
	if (!buf->refs)
		return -ENOMEM;
	err = set->driver->ops->grant(set->driver, fd, buf->read_only,
				      buf->refs, buf->pages, &buf->lease);
	if (err)
		free(buf->refs);
	return err;
}

static uint64_t pages_of(const struct stat *st)
{
	uint64_t bytes = st->st_size > 0 ? (uint64_t)st->st_size : 0;

	return (bytes + PAGE - 1) / PAGE;
}

static int make_buffer(struct xch_granted_set *set, int fd,
		       const struct stat *st, bool read_only,
		       struct xch_granted **out)
{
	uint64_t pages = pages_of(st);
	struct xch_granted *buf;
	int err = pages ? check_quota(set, pages) : -EINVAL;

	if (err)
		return err;
	buf = calloc(1, sizeof(*buf));
	if (!buf)
		return -ENOMEM;
	buf->set = set;
	buf->lease_source.fd = -1;
	buf->dev = st->st_dev;
	buf->ino = st->st_ino;
	buf->read_only = read_only;
	buf->bytes = (uint64_t)st->st_size;
	buf->pages = (uint32_t)pages;
	err = grant_buffer(set, fd, buf);
	if (err) {
		free(buf);
		return err;
	}
	set->buffers++;
	set->total += buf->pages;
	TAILQ_INSERT_TAIL(&set->all, buf, all);
	*out = buf;
	return 0;
}

/* For a message; the peer hears of it with the first */
static void hold_buffer(struct xch_granted *buf)
{
	buf->holds++;
	if (buf->state != XCH_GRANTED_RESERVED)
		return;
	buf->state = XCH_GRANTED_OFFERING;
	buf->id = ++buf->set->last_id;
	queue_frame(buf, XCH_GRANTED_SAY_OFFER);
}

int xch_granted_reserve(struct xch_granted_set *set, int fd, uint64_t bytes,
			bool read_only, const void *owner)
{
	struct xch_granted *buf;
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	st.st_size = (off_t)bytes;
	err = make_buffer(set, fd, &st, read_only, &buf);
	if (err)
		return err == -ENOSPC ? -EDQUOT : err;
	buf->owner = owner;
	buf->lapses = xdc_now() + RESERVED;
	set_lapse(set);
	return 0;
}

int xch_granted_get(struct xch_granted_set *set, int fd, bool read_only,
		    struct xch_granted **buf)
{
	struct stat st;
	int err = 0;

	if (fstat(fd, &st))
		return -errno;
	*buf = find_key(set, &st, read_only);
	if (!*buf)
		err = make_buffer(set, fd, &st, read_only, buf);
	if (!err)
		hold_buffer(*buf);
	return err;
}

/* The quota comes first: making the dma-buf takes the pages out of the swap */
static int make_from_memory(struct xch_granted_set *set,
			    const struct xch_memory_maker *maker, int fd,
			    const struct stat *st, bool read_only,
			    struct xch_granted **out)
{
	struct xch_memory *memory;
	struct stat whole = *st;
	int err = check_quota(set, pages_of(st)), dmabuf;

	if (err)
		return err;
	dmabuf = xch_memory_make(maker, fd, (uint64_t)st->st_size, &memory);
	if (dmabuf < 0)
		return dmabuf;
	/* the memfd has grown */
	whole.st_size = (off_t)(pages_of(st) * PAGE);
	err = make_buffer(set, dmabuf, &whole, read_only, out);
	/* the grant has it */
	close(dmabuf);
	if (err)
		xch_memory_free(memory);
	else
		(*out)->memory = memory;
	return err;
}

int xch_granted_get_memory(struct xch_granted_set *set,
			   const struct xch_memory_maker *maker, int fd,
			   bool read_only, struct xch_granted **buf)
{
	struct stat st;
	int err = 0;

	if (fstat(fd, &st))
		return -errno;
	*buf = find_memory(set, &st, read_only);
	if (!*buf)
		err = make_from_memory(set, maker, fd, &st, read_only, buf);
	if (!err)
		hold_buffer(*buf);
	return err;
}

int xch_granted_ready(const struct xch_granted *buf)
{
	if (buf->err)
		return buf->err;
	if (buf->recalled || buf->state >= XCH_GRANTED_OVER)
		return -ESTALE;
	return buf->state == XCH_GRANTED_MAPPED;
}

void xch_granted_send(struct xch_granted *buf)
{
	buf->sent++;
	buf->idle = false;
}

/*
 * The peer may let go if it has seen every attachment, and none will follow.
 * Otherwise its word has crossed with one, and it will ask again.
 */
static void drop_if_idle(struct xch_granted *buf)
{
	if (!buf->idle || buf->idle_after != buf->sent || buf->holds ||
	    buf->state != XCH_GRANTED_MAPPED)
		return;
	buf->state = XCH_GRANTED_OVER;
	queue_frame(buf, XCH_GRANTED_SAY_DROP);
}

void xch_granted_put(struct xch_granted *buf)
{
	buf->holds--;
	drop_if_idle(buf);
	free_if_returned(buf);
}

void xch_granted_recall(struct xch_granted *buf, uint32_t ms)
{
	if (buf->recalled)
		return;
	buf->recalled = true;
	/* the peer is done with it already */
	if (buf->state > XCH_GRANTED_OVER)
		return;
	buf->recall_ms = ms;
	queue_frame(buf, XCH_GRANTED_SAY_RECALL);
	/* an offer that is under way is finished first, and answered */
	if (buf->state == XCH_GRANTED_MAPPED)
		buf->state = XCH_GRANTED_OVER;
	if (buf->holds)
		buf->set->ops->settled(buf);
}

struct xch_granted *xch_granted_other(const struct xch_granted *buf)
{
	struct xch_granted *other;

	TAILQ_FOREACH(other, &buf->set->all, all)
	if (other != buf && other->ino == buf->ino && other->dev == buf->dev)
		return other;
	return NULL;
}

static struct xch_granted *find_not_recalled(struct xch_granted_set *set,
					     dev_t dev, ino_t ino)
{
	struct xch_granted *buf;

	TAILQ_FOREACH(buf, &set->all, all)
	if (!buf->recalled && buf->ino == ino && buf->dev == dev)
		return buf;
	return NULL;
}

int xch_granted_recall_all(const struct xch_granted *buf, uint32_t ms)
{
	struct xch_granted_set *set = buf->set;
	struct xch_granted *next;
	dev_t dev = buf->dev;
	ino_t ino = buf->ino;
	int err = -EALREADY;

	/* a recall may end a channel, and that may free others of the set */
	while ((next = find_not_recalled(set, dev, ino))) {
		xch_granted_recall(next, ms);
		err = 0;
	}
	return err;
}

static int receive_mapped(struct xch_granted *buf)
{
	if (buf->state != XCH_GRANTED_OFFERED)
		return -EPROTO;
	free(buf->refs);
	buf->refs = NULL;
	buf->state = buf->recalled ? XCH_GRANTED_OVER : XCH_GRANTED_MAPPED;
	buf->set->ops->settled(buf);
	return 0;
}

static int receive_failed(struct xch_granted *buf, const struct xch_frame *f)
{
	uint32_t numbers[2];

	xch_parse_numbers(f, numbers, 2);
	if (buf->state != XCH_GRANTED_OFFERED || !numbers[0] ||
	    numbers[0] > XCH_ERRNO_MAX)
		return -EPROTO;
	buf->err = -(int)numbers[0];
	/* those who hold it let go in settled() */
	buf->holds++;
	buf->set->ops->settled(buf);
	buf->holds--;
	end_lease(buf);
	return 0;
}

static int receive_idle(struct xch_granted *buf, const struct xch_frame *f)
{
	if (buf->state == XCH_GRANTED_OVER)
		return 0;
	if (buf->state != XCH_GRANTED_MAPPED)
		return -EPROTO;
	xch_parse_numbers(f, &buf->idle_after, 1);
	buf->idle = true;
	drop_if_idle(buf);
	return 0;
}

static int receive_pinned(struct xch_granted *buf, const struct xch_frame *f)
{
	if (buf->state != XCH_GRANTED_OVER)
		return -EPROTO;
	xch_parse_numbers(f, &buf->pinned, 1);
	if (buf->set->ops->pinned)
		buf->set->ops->pinned(buf);
	return 0;
}

static struct xch_granted *find_id(struct xch_granted_set *set, uint32_t id)
{
	struct xch_granted *buf;

	TAILQ_FOREACH(buf, &set->all, all)
	if (buf->id == id && buf->state != XCH_GRANTED_ENDING)
		return buf;
	return NULL;
}

int xch_granted_receive(struct xch_granted_set *set, const struct xch_frame *f)
{
	struct xch_granted *buf = find_id(set, f->arg);

	if (!buf)
		return -EPROTO;
	switch (f->type) {
	case XCH_BUF_MAPPED:
		return receive_mapped(buf);
	case XCH_BUF_FAILED:
		return receive_failed(buf, f);
	case XCH_BUF_IDLE:
		return receive_idle(buf, f);
	case XCH_BUF_PINNED:
		return receive_pinned(buf, f);
	default:
		if (buf->state != XCH_GRANTED_OVER)
			return -EPROTO;
		end_lease(buf);
		return 0;
	}
}

/* Some references; the peer maps when it has the last */
static size_t put_offer(struct xch_granted *buf, uint8_t *out)
{
	struct xch_offer offer = {
		.pages = buf->pages,
		.flags = buf->read_only ? XCH_OFFER_READ_ONLY : 0,
		.bytes = buf->bytes,
		.first = buf->offered,
		.nr = buf->pages - buf->offered,
	};

	if (offer.nr > XCH_OFFER_REFS_MAX)
		offer.nr = XCH_OFFER_REFS_MAX;
	buf->offered += offer.nr;
	offer.end = buf->offered == buf->pages;
	if (offer.end) {
		buf->state = XCH_GRANTED_OFFERED;
		stop_saying(buf, XCH_GRANTED_SAY_OFFER);
	}
	return xch_put_offer(out, buf->id, &offer, buf->refs + offer.first);
}

static size_t say_one(struct xch_granted *buf, uint8_t *out)
{
	if (buf->talker.say & XCH_GRANTED_SAY_OFFER)
		return put_offer(buf, out);
	if (buf->talker.say & XCH_GRANTED_SAY_DROP) {
		stop_saying(buf, XCH_GRANTED_SAY_DROP);
		return xch_put_plain(out, XCH_BUF_DROP, 0, buf->id);
	}
	stop_saying(buf, XCH_GRANTED_SAY_RECALL);
	return xch_put_numbers(out, XCH_BUF_RECALL, 0, buf->id, &buf->recall_ms,
			       1);
}

size_t xch_granted_next(struct xch_granted_set *set, uint8_t *out)
{
	struct xch_talker *t = TAILQ_FIRST(&set->talking);

	/* one offer is finished before the next begins */
	return t ? say_one(container_of(t, struct xch_granted, talker), out)
		 : 0;
}
