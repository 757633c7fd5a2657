// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/container_of.h"
#include "link/fence.h"
#include "link/mapped.h"

/* between looks at leases that cannot be watched, or are pinned */
#define LOOK_AGAIN XDC_NS_PER_S
/* between looks at buffers that are used, at least */
#define LOOK_PAUSE (100 * XDC_NS_PER_MS)

/*
 * So often a reference may be in buffers.  Honest peers have it in one; it is in two for
 * a moment where they hear of a buffer's end from Xen before we do
 */
#define MAPPINGS_MAX 4

static void timer_fired(struct xdc_timer *t);

void xch_mapped_init(struct xch_mapped_set *set, struct xdc_loop *loop,
		     struct xch_driver *driver,
		     const struct xch_mapped_ops *ops)
{
	memset(set, 0, sizeof(*set));
	set->loop = loop;
	set->driver = driver;
	set->ops = ops;
	TAILQ_INIT(&set->all);
	TAILQ_INIT(&set->talking);
	xdc_timer_init(loop, &set->timer, timer_fired);
}

static void queue_frame(struct xch_mapped *buf, unsigned int say)
{
	xch_talk_add(&buf->set->talking, &buf->talker, say);
	buf->set->ops->wake(buf->set);
}

static void stop_saying(struct xch_mapped *buf, unsigned int what)
{
	xch_talk_drop(&buf->set->talking, &buf->talker, what);
}

static void close_dmabuf(struct xch_mapped *buf)
{
	if (buf->fd >= 0)
		close(buf->fd);
	buf->fd = -1;
}

static void close_lease(struct xch_mapped *buf)
{
	if (!buf->lease)
		return;
	xdc_loop_remove(buf->set->loop, &buf->lease_source);
	buf->lease_source.fd = -1;
	buf->set->driver->ops->close(buf->lease);
	buf->lease = NULL;
}

/* The last frame is queued or sent: its pages are not charged any more */
static void uncharge_pages(struct xch_mapped *buf)
{
	buf->set->total -= buf->charged;
	buf->charged = 0;
	if (buf->counted)
		xdc_mappings_remove(&buf->set->mappings, buf->refs, buf->pages);
	buf->counted = false;
	free(buf->refs);
	buf->refs = NULL;
}

static void free_buffer(struct xch_mapped *buf)
{
	struct xch_mapped_set *set = buf->set;

	stop_saying(buf, ~0U);
	close_dmabuf(buf);
	close_lease(buf);
	uncharge_pages(buf);
	if (set->part == buf)
		set->part = NULL;
	TAILQ_REMOVE(&set->all, buf, all);
	set->buffers--;
	free(buf);
}

void xch_mapped_fini(struct xch_mapped_set *set)
{
	struct xch_mapped *buf;

	while ((buf = TAILQ_FIRST(&set->all)))
		free_buffer(buf);
	xdc_mappings_fini(&set->mappings);
	xdc_timer_fini(&set->timer);
}

struct xch_mapped *xch_mapped_find(struct xch_mapped_set *set, uint32_t id)
{
	struct xch_mapped *buf;

	TAILQ_FOREACH(buf, &set->all, all)
	if (buf->id == id && buf->state != XCH_MAPPED_GONE)
		return buf;
	return NULL;
}

static void use_now(struct xch_mapped *buf)
{
	struct xch_mapped_set *set = buf->set;

	buf->last_use = xdc_now();
	TAILQ_REMOVE(&set->all, buf, all);
	TAILQ_INSERT_TAIL(&set->all, buf, all);
}

static void say_last(struct xch_mapped *buf, unsigned int say)
{
	buf->state = XCH_MAPPED_GONE;
	if (buf->set->ops->gone)
		buf->set->ops->gone(buf);
	close_dmabuf(buf);
	close_lease(buf);
	uncharge_pages(buf);
	queue_frame(buf, say);
}

static void fail_buffer(struct xch_mapped *buf, int err, uint32_t bad)
{
	buf->err = err;
	buf->bad = bad;
	say_last(buf, XCH_MAPPED_SAY_FAILED);
}

/* How many users do not let go of a buffer that was revoked */
static void tell_pinned(struct xch_mapped *buf,
			const struct xch_lease_state *state)
{
	if (!buf->revoked || state->pinned == buf->pinned)
		return;
	buf->pinned = state->pinned;
	queue_frame(buf, XCH_MAPPED_SAY_PINNED);
}

static void look_at_lease(struct xch_mapped *buf)
{
	struct xch_lease_state state;

	if (buf->set->driver->ops->look(buf->lease, &state))
		return;
	if (!state.returned) {
		tell_pinned(buf, &state);
		return;
	}
	stop_saying(buf, XCH_MAPPED_SAY_PINNED | XCH_MAPPED_SAY_IDLE);
	say_last(buf, XCH_MAPPED_SAY_RETURNED);
}

static void lease_ready(struct xdc_source *s, uint32_t events)
{
	struct xch_mapped *buf =
		container_of(s, struct xch_mapped, lease_source);

	look_at_lease(buf);
}

static void watch_lease(struct xch_mapped *buf)
{
	struct xch_mapped_set *set = buf->set;

	buf->lease_source.ready = lease_ready;
	buf->lease_source.fd = set->driver->ops->lease_fd(buf->lease);
	if (!xdc_loop_add(set->loop, &buf->lease_source, EPOLLIN))
		return;
	buf->lease_source.fd = -1;
	xdc_timer_in(&set->timer, LOOK_AGAIN);
}

static void leave_buffer(struct xch_mapped *buf)
{
	stop_saying(buf, XCH_MAPPED_SAY_IDLE);
	buf->state = XCH_MAPPED_LEAVING;
	close_dmabuf(buf);
	look_at_lease(buf);
}

/*
 * By programs, by devices that have it attached, or by work that is not finished: a
 * driver may detach before, as vgem does
 */
static bool is_used(struct xch_mapped *buf)
{
	struct xch_lease_state state;

	if (buf->set->driver->ops->look(buf->lease, &state))
		return false;
	return state.used || !xch_fence_idle(buf->fd);
}

/* It is looked at again after @linger, but not all the time */
static void look_later(struct xch_mapped *buf, uint64_t now)
{
	uint64_t linger = buf->set->linger;

	buf->last_use = now;
	if (linger < LOOK_PAUSE)
		buf->last_use += LOOK_PAUSE - linger;
}

static void ask_to_leave(struct xch_mapped *buf)
{
	buf->state = XCH_MAPPED_ASKING;
	queue_frame(buf, XCH_MAPPED_SAY_IDLE);
}

/* Room for the next offer is made before it comes */
static bool is_crowded(const struct xch_mapped_set *set)
{
	return set->total > set->crowd_total / 4 * 3 ||
	       set->buffers > set->crowd_buffers / 4 * 3;
}

static void revoke_late(struct xch_mapped *buf, uint64_t now)
{
	if (!buf->revoke_at || now < buf->revoke_at ||
	    buf->state != XCH_MAPPED_LEAVING)
		return;
	buf->revoked = true;
	buf->revoke_at = now + LOOK_AGAIN;
	buf->set->driver->ops->revoke(buf->lease);
	look_at_lease(buf);
}

/* When something has to be done for it, or 0 */
static uint64_t next_time(const struct xch_mapped *buf)
{
	if (buf->state == XCH_MAPPED_HERE)
		return buf->last_use + buf->set->linger;
	if (buf->state != XCH_MAPPED_LEAVING)
		return 0;
	if (buf->revoke_at)
		return buf->revoke_at;
	return buf->lease_source.fd < 0 ? xdc_now() + LOOK_AGAIN : 0;
}

static void set_timer(struct xch_mapped_set *set)
{
	struct xch_mapped *buf;
	uint64_t first = 0, at;

	TAILQ_FOREACH(buf, &set->all, all)
	{
		at = next_time(buf);
		if (at && (!first || at < first))
			first = at;
	}
	xdc_timer_at(&set->timer, first);
}

static void timer_fired(struct xdc_timer *t)
{
	struct xch_mapped_set *set =
		container_of(t, struct xch_mapped_set, timer);
	uint64_t now = xdc_now();
	struct xch_mapped *buf, *next;

	for (buf = TAILQ_FIRST(&set->all); buf; buf = next) {
		next = TAILQ_NEXT(buf, all);
		revoke_late(buf, now);
		if (buf->state == XCH_MAPPED_LEAVING &&
		    buf->lease_source.fd < 0)
			look_at_lease(buf);
		if (buf->state != XCH_MAPPED_HERE ||
		    now < buf->last_use + set->linger)
			continue;
		if (is_used(buf))
			look_later(buf, now);
		else
			ask_to_leave(buf);
	}
	set_timer(set);
}

static void make_room(struct xch_mapped_set *set)
{
	struct xch_mapped *buf, *next;

	/* the one that was mapped just now is the last */
	for (buf = TAILQ_FIRST(&set->all); buf; buf = next) {
		next = TAILQ_NEXT(buf, all);
		if (!next || !is_crowded(set))
			return;
		if (buf->state != XCH_MAPPED_HERE || is_used(buf))
			continue;
		ask_to_leave(buf);
		/* one for one: others may be sent again soon */
		return;
	}
}

static void set_name(struct xch_mapped *buf)
{
	struct stat st;

	if (fstat(buf->fd, &st))
		return;
	buf->dev = st.st_dev;
	buf->ino = st.st_ino;
}

static void map_buffer(struct xch_mapped *buf)
{
	struct xch_mapped_set *set = buf->set;
	uint32_t bad = 0;
	int err;

	err = xdc_mappings_add(&set->mappings, buf->refs, buf->pages,
			       MAPPINGS_MAX);
	buf->counted = !err;
	if (!err)
		err = set->driver->ops->map(set->driver, buf->refs, buf->pages,
					    buf->read_only, &buf->fd,
					    &buf->lease, &bad);
	if (err) {
		fail_buffer(buf, err, bad);
		return;
	}
	buf->state = XCH_MAPPED_HERE;
	set_name(buf);
	watch_lease(buf);
	queue_frame(buf, XCH_MAPPED_SAY_MAPPED);
	use_now(buf);
	make_room(set);
	set_timer(set);
}

static int begin_offer(struct xch_mapped_set *set, uint32_t id,
		       const struct xch_offer *offer)
{
	struct xch_mapped *buf;

	/* the peer knows how many it may have here */
	if (id <= set->last_id || offer->first ||
	    set->buffers >= set->max_buffers)
		return -EPROTO;
	set->last_id = id;
	buf = calloc(1, sizeof(*buf));
	if (!buf)
		return -ENOMEM;
	buf->set = set;
	buf->id = id;
	buf->fd = buf->lease_source.fd = -1;
	buf->bytes = offer->bytes;
	buf->read_only = offer->flags & XCH_OFFER_READ_ONLY;
	set->buffers++;
	TAILQ_INSERT_TAIL(&set->all, buf, all);
	set->part = buf;
	if (offer->pages > set->max_pages)
		buf->err = -EFBIG;
	else if (offer->pages > set->max_total - set->total)
		buf->err = -EDQUOT;
	buf->pages = offer->pages;
	/* of one that will be refused, the references are not kept */
	if (buf->err)
		return 0;
	buf->refs = calloc(offer->pages, sizeof(*buf->refs));
	if (!buf->refs) {
		buf->err = -ENOMEM;
		return 0;
	}
	buf->charged = offer->pages;
	set->total += offer->pages;
	return 0;
}

static int receive_offer(struct xch_mapped_set *set, const struct xch_frame *f)
{
	struct xch_offer offer;
	struct xch_mapped *buf;
	int err;

	if (xch_parse_offer(f, &offer))
		return -EPROTO;
	err = set->part ? 0 : begin_offer(set, f->arg, &offer);
	if (err)
		return err;
	buf = set->part;
	if (f->arg != buf->id || offer.pages != buf->pages ||
	    offer.bytes != buf->bytes || offer.first != buf->nr_refs ||
	    buf->read_only != !!(offer.flags & XCH_OFFER_READ_ONLY))
		return -EPROTO;
	if (buf->refs)
		xch_offer_refs(&offer, buf->refs + offer.first);
	buf->nr_refs += offer.nr;
	if (!offer.end)
		return 0;
	set->part = NULL;
	if (buf->err)
		fail_buffer(buf, buf->err, 0);
	else
		map_buffer(buf);
	return 0;
}

int xch_mapped_attach(struct xch_mapped_set *set, uint32_t id, int *fd)
{
	struct xch_mapped *buf = xch_mapped_find(set, id);

	if (!buf ||
	    (buf->state != XCH_MAPPED_HERE && buf->state != XCH_MAPPED_ASKING))
		return -EPROTO;
	buf->uses++;
	use_now(buf);
	/* the message has crossed with the question */
	if (buf->state == XCH_MAPPED_ASKING) {
		stop_saying(buf, XCH_MAPPED_SAY_IDLE);
		buf->state = XCH_MAPPED_HERE;
		set_timer(set);
	}
	if (!fd)
		return 0;
	*fd = fcntl(buf->fd, F_DUPFD_CLOEXEC, 0);
	return *fd < 0 ? -errno : 0;
}

static void receive_recall(struct xch_mapped *buf, const struct xch_frame *f)
{
	uint32_t ms;

	xch_parse_numbers(f, &ms, 1);
	if (buf->revoke_at)
		return;
	buf->revoke_at = xdc_now() + ms * XDC_NS_PER_MS;
	if (buf->set->ops->recalled)
		buf->set->ops->recalled(buf, ms);
	if (buf->state != XCH_MAPPED_LEAVING)
		leave_buffer(buf);
	set_timer(buf->set);
}

int xch_mapped_receive(struct xch_mapped_set *set, const struct xch_frame *f)
{
	struct xch_mapped *buf;

	if (f->type == XCH_BUF_OFFER)
		return receive_offer(set, f);
	buf = xch_mapped_find(set, f->arg);
	if (buf && buf->state == XCH_MAPPED_COLLECTING)
		return -EPROTO;
	/* it may have been returned, or refused, in the meantime */
	if (!buf)
		return f->arg <= set->last_id ? 0 : -EPROTO;
	if (f->type == XCH_BUF_RECALL) {
		receive_recall(buf, f);
		return 0;
	}
	if (buf->state != XCH_MAPPED_ASKING ||
	    buf->talker.say & XCH_MAPPED_SAY_IDLE)
		return -EPROTO;
	leave_buffer(buf);
	return 0;
}

static size_t say_one(struct xch_mapped *buf, uint8_t *out)
{
	uint32_t numbers[2];

	if (buf->talker.say & XCH_MAPPED_SAY_MAPPED) {
		stop_saying(buf, XCH_MAPPED_SAY_MAPPED);
		return xch_put_plain(out, XCH_BUF_MAPPED, 0, buf->id);
	}
	if (buf->talker.say & XCH_MAPPED_SAY_FAILED) {
		stop_saying(buf, XCH_MAPPED_SAY_FAILED);
		numbers[0] = (uint32_t)-buf->err;
		numbers[1] = buf->bad;
		return xch_put_numbers(out, XCH_BUF_FAILED, 0, buf->id, numbers,
				       2);
	}
	if (buf->talker.say & XCH_MAPPED_SAY_IDLE) {
		stop_saying(buf, XCH_MAPPED_SAY_IDLE);
		return xch_put_numbers(out, XCH_BUF_IDLE, 0, buf->id,
				       &buf->uses, 1);
	}
	if (buf->talker.say & XCH_MAPPED_SAY_PINNED) {
		stop_saying(buf, XCH_MAPPED_SAY_PINNED);
		return xch_put_numbers(out, XCH_BUF_PINNED, 0, buf->id,
				       &buf->pinned, 1);
	}
	stop_saying(buf, XCH_MAPPED_SAY_RETURNED);
	return xch_put_plain(out, XCH_BUF_RETURNED, 0, buf->id);
}

size_t xch_mapped_next(struct xch_mapped_set *set, uint8_t *out)
{
	struct xch_talker *t = TAILQ_FIRST(&set->talking);
	struct xch_mapped *buf;
	size_t len;

	if (!t)
		return 0;
	buf = container_of(t, struct xch_mapped, talker);
	len = say_one(buf, out);
	if (buf->state == XCH_MAPPED_GONE && !buf->talker.say)
		free_buffer(buf);
	return len;
}
